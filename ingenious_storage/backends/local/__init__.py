"""Local store: containers are folders, blobs are files."""
