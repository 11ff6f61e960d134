"""Health over HTTP: the endpoints of docs/health.md, as a server and to mount in an application.

Asking a server needs no extra; `asgi_app` comes with the extra `ops`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ingenious_ops.extras import needs_extra

if TYPE_CHECKING:
    from ingenious_ops.health.asgi import asgi_app

__all__ = ["asgi_app"]


def __getattr__(name: str) -> Any:
    if name not in __all__:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    with needs_extra("ops", "anyio", "prometheus_client", "starlette"):
        from ingenious_ops.health import asgi  # noqa: PLC0415  # only who asks needs the extra
    return asgi.asgi_app
