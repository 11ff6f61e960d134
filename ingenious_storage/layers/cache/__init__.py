"""Cache: whole blobs in memory, and who asks the store about them."""
