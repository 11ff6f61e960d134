"""Listening: the HTTP server of this project's own processes, which slow clients do not stop."""
