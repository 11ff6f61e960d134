"""What an Azure storage account needs to be told: endpoint, credential, keys."""
