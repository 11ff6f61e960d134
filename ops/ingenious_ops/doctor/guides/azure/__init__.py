"""Azure Blob Storage: its credentials, its advice, its account."""
