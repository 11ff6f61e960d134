"""A key vault for local Azure: the part of Key Vault's REST contract that keys need, over TLS.

Keys are real RSA keys in one JSON file, so they outlive the server as the rest of local Azure does.
"""
