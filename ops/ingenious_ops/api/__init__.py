"""The HTTP API: prompt sets, labels, memories and search over HTTP, as an ASGI application."""

from ingenious_ops.api.app import create_app

__all__ = ["create_app"]
