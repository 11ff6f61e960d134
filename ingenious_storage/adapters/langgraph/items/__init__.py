"""Items: what a `StorageStore` keeps, one document each, and how they are found."""
