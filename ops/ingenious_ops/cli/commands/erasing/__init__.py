"""Erasing: receipts, and what pruning and purging say, of memories and of prompt sets alike."""
