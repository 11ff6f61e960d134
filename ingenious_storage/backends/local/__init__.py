"""A folder as a store: containers are folders, blobs are files."""
