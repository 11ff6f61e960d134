"""Server: an application served until a signal ends it."""

from __future__ import annotations

import asyncio
import logging
import signal
import socket
import threading
from types import FrameType
from typing import NoReturn

import uvicorn
from starlette.types import ASGIApp

from ingenious_ops.listening.addresses import Listener
from ingenious_ops.listening.connections import Connections, Limits, usual_limits
from ingenious_ops.listening.protocol import Config


def serve(app: ASGIApp, listener: Listener, limits: Limits | None = None) -> None:
    """Answer until SIGTERM, which raises SystemExit(0), or SIGINT: KeyboardInterrupt.

    In another thread than the main one no signal is looked at.
    """
    if threading.current_thread() is threading.main_thread():
        # uvicorn raises the signal again when it has ended, for whom it found here.
        signal.signal(signal.SIGTERM, _leave)
    make_server(app, limits or usual_limits()).run(sockets=[listener])


def make_server(app: ASGIApp, limits: Limits) -> uvicorn.Server:
    """What `serve` runs; `should_exit` ends it from another thread."""
    return _Server(Config(app, Connections(limits)))


class _Server(uvicorn.Server):
    config: Config

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        asyncio.get_running_loop().set_exception_handler(self.config.connections.handle_error)
        await super().startup(sockets)

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:
        if self.should_exit:  # once more: nobody wants to read where it was cut off
            logging.getLogger("uvicorn.error").disabled = True
        super().handle_exit(sig, frame)


def _leave(*_: object) -> NoReturn:
    raise SystemExit(0)
