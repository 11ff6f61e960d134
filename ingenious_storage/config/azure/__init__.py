"""Azure settings: endpoint, credential and keys of a storage account."""
