"""The HTTP API: prompt sets, labels, memories and search over HTTP."""
