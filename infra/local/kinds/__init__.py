"""What local Azure knows of each type of resource."""
