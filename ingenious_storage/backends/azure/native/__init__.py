"""Azure Blob Storage by its REST API, without an SDK."""
