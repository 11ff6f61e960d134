"""The endpoints served by a process of their own, until a signal ends it."""

from __future__ import annotations

import signal
import socket
import threading
from typing import Final, NoReturn

import uvicorn
from starlette.types import ASGIApp

from ingenious_storage.errors import StorageError

GRACE: Final = 5
"""Seconds that requests under way have when a signal came."""


class AddressError(StorageError):
    code = "address_refused"
    default_hint = "Choose another with --host and --port; port 0 takes a free one."


def listen(host: str, port: int) -> socket.socket:
    """Take the address; nothing is answered yet. Raises: AddressError."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    try:
        return socket.create_server((host, port), family=family)
    except OSError as error:
        why = error.strerror or str(error)
        raise AddressError(f"cannot listen on {host}, port {port}: {why}") from error


def url_of(listener: socket.socket) -> str:
    host, port = listener.getsockname()[:2]
    return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"


def serve(app: ASGIApp, listener: socket.socket) -> None:
    """Answer until SIGTERM, which raises SystemExit(0), or SIGINT: KeyboardInterrupt.

    In another thread than the main one no signal is looked at.
    """
    config = uvicorn.Config(
        app,
        access_log=False,
        log_config=None,
        lifespan="on",
        ws="none",
        server_header=False,
        timeout_graceful_shutdown=GRACE,
    )
    if threading.current_thread() is threading.main_thread():
        # uvicorn raises the signal again when it has ended, for whom it found here.
        signal.signal(signal.SIGTERM, _leave)
    uvicorn.Server(config).run(sockets=[listener])


def _leave(*_: object) -> NoReturn:
    raise SystemExit(0)
