"""Azure Blob Storage, by two drivers: its REST API, or azure-storage-blob."""
