"""The `api:` section: who may use the HTTP API and the console, and how much."""
