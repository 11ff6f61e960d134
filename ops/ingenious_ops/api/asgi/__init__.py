"""ASGI layers of the API: each does one thing around every request, and none keeps a body."""
