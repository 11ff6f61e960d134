"""Serving: the HTTP API and the console as one ASGI application, and the server that runs it."""

from ingenious_ops.serving.app import create_app

__all__ = ["create_app"]
