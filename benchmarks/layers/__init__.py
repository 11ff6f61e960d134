"""What compression, encryption and the cache cost, and what they save."""
