"""Encryption: blobs are sealed with keys of their documents, which master keys wrap."""
