"""Azure Blob Storage through azure-storage-blob: the second driver, to compare with."""
