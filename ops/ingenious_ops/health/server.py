"""The endpoints served by a process of their own, until a signal ends it."""

from __future__ import annotations

import asyncio
import logging
import signal
import socket
import threading
from types import FrameType
from typing import Final, NoReturn

import h11
import uvicorn
from starlette.types import ASGIApp
from uvicorn.protocols.http.h11_impl import H11Protocol

from ingenious_ops.health.connections import Connections, Limits, usual_limits
from ingenious_storage.errors import StorageError

GRACE: Final = 5
"""Seconds that requests under way have when a signal came."""
_QUEUE: Final = 1024
"""Connections that the kernel holds until they are accepted."""


class AddressError(StorageError):
    """The server cannot listen at the address that was given."""

    code = "address_refused"
    default_hint = "Choose another with --host and --port; port 0 takes a free one."


class Listener(socket.socket):
    """Its queue is long although asyncio, told a backlog of 1, accepts one connection a turn."""

    def listen(self, backlog: int = _QUEUE, /) -> None:
        """Listen with room for a burst of connections, whatever uvicorn asks for."""
        super().listen(max(backlog, _QUEUE))


def listen(host: str, port: int) -> Listener:
    """Take the address; nothing is answered yet. Raises: AddressError."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    try:
        taken = socket.create_server((host, port), family=family)
    except OSError as error:
        why = error.strerror or str(error)
        raise AddressError(f"cannot listen on {host}, port {port}: {why}") from error
    return Listener(fileno=taken.detach())


def url_of(listener: socket.socket) -> str:
    """The URL at which `listener` is reached."""
    host, port = listener.getsockname()[:2]
    return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"


def serve(app: ASGIApp, listener: Listener) -> None:
    """Answer until SIGTERM, which raises SystemExit(0), or SIGINT: KeyboardInterrupt.

    In another thread than the main one no signal is looked at.
    """
    if threading.current_thread() is threading.main_thread():
        # uvicorn raises the signal again when it has ended, for whom it found here.
        signal.signal(signal.SIGTERM, _leave)
    make_server(app, usual_limits()).run(sockets=[listener])


def make_server(app: ASGIApp, limits: Limits) -> uvicorn.Server:
    """What `serve` runs; `should_exit` ends it from another thread."""
    return _Server(_Config(app, Connections(limits)))


class _Config(uvicorn.Config):
    def __init__(self, app: ASGIApp, connections: Connections) -> None:
        self.connections = connections
        super().__init__(
            app,
            access_log=False,
            backlog=1,
            http=_Connection,
            lifespan="on",
            log_config=None,
            log_level="error",  # a line for each invalid request would fill a disk
            loop="asyncio",
            server_header=False,
            timeout_graceful_shutdown=GRACE,
            timeout_keep_alive=connections.limits.idle,
            ws="none",
        )


class _Server(uvicorn.Server):
    config: _Config

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        asyncio.get_running_loop().set_exception_handler(self.config.connections.handle_error)
        await super().startup(sockets)

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:
        if self.should_exit:  # once more: nobody wants to read where it was cut off
            logging.getLogger("uvicorn.error").disabled = True
        super().handle_exit(sig, frame)


class _Connection(H11Protocol):
    config: _Config
    has_begun = False

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]  # as uvicorn's
        super().connection_made(transport)
        self.config.connections.admit(self)

    def connection_lost(self, exc: Exception | None) -> None:
        self.config.connections.release(self)
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        self.has_begun = True
        super().data_received(data)

    def on_response_complete(self) -> None:
        self.has_begun = self.conn.their_state is h11.SEND_BODY or bool(self.conn.trailing_data[0])
        if not self.transport.is_closing():
            self.config.connections.admit(self)
        super().on_response_complete()

    def drop(self) -> None:
        """At once: a client that reads nothing would hold up a clean end."""
        self.transport.abort()


def _leave(*_: object) -> NoReturn:
    raise SystemExit(0)
