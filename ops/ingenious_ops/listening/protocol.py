"""Protocol: one connection of a client, on uvicorn's own by httptools, within limits.

httptools keeps a header of any length, and uvicorn waits for any client for ever.
"""

from __future__ import annotations

import asyncio
import json
from http import HTTPStatus
from typing import Any, Final

import uvicorn
from starlette.types import ASGIApp
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from ingenious_ops.listening.connections import Connections

_WORDS: Final = {
    400: ("invalid_http", "no HTTP request, or one that can be read in two ways"),
    414: ("url_too_long", "the URL is longer than this server takes"),
    431: ("header_too_large", "the header is longer than this server takes"),
}


class _RefusedError(Exception):
    """Ends the parsing; the answer is that of `_refusal`."""


class HttpConnection(HttpToolsProtocol):
    """Refuses a header that is too long before it is kept, and says when it keeps us waiting."""

    config: Config
    has_begun = False
    _refusal = 400
    _header_size = 0
    _in_header = False
    _in_body = False
    _is_held = False
    _was_unread = 0

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]  # as uvicorn's
        """Count it."""
        super().connection_made(transport)
        self.config.connections.admit(self)

    def connection_lost(self, exc: Exception | None) -> None:
        """Forget it."""
        self.config.connections.release(self)
        self.config.connections.flow(self)
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        """Parse what came; a header is counted before more of it is kept."""
        self.has_begun = True
        before = self._header_size
        super().data_received(data)
        if self._in_header and not self.transport.is_closing():
            self._header_size = before + len(data)
            if self._header_size > self.config.connections.limits.header:
                self._refusal = 431
                self.send_400_response("")

    def on_message_begin(self) -> None:
        """A request begins, maybe while another is being answered."""
        super().on_message_begin()
        self._in_header, self._header_size = True, 0

    def on_url(self, url: bytes) -> None:
        """The URL, or a piece of it."""
        super().on_url(url)
        if len(self.url) > self.config.connections.limits.url:
            self._refuse(414)

    def on_headers_complete(self) -> None:
        """The request is handed to the application, while its body may still come."""
        self._in_header, self._header_size = False, 0
        size = len(self.url) + sum(len(name) + len(value) + 4 for name, value in self.headers)
        if size > self.config.connections.limits.header:
            self._refuse(431)
        hosts = sum(name == b"host" for name, _ in self.headers)
        if hosts > 1 or (not hosts and self.parser.get_http_version() == "1.1"):
            self._refuse(400)  # RFC 9112, 3.2
        self._in_body = True
        super().on_headers_complete()

    def on_header(self, name: bytes, value: bytes) -> None:
        """A line of the header; those behind a body mean nothing here, and are not kept."""
        if not self._in_body:
            super().on_header(name, value)

    def on_body(self, body: bytes) -> None:
        """A piece of the body: its own time runs from the first one."""
        if not self._is_held and not self.cycle.response_complete:
            self._is_held = True
            self.config.connections.hold(self, self.config.connections.limits.body)
        super().on_body(body)

    def on_message_complete(self) -> None:
        """The request has arrived: from now on the client waits for us."""
        self._in_body = self._is_held = False
        if not self.cycle.response_complete or self.pipeline:
            self.config.connections.work(self)
        super().on_message_complete()

    def on_response_complete(self) -> None:
        """Answered: its next request has its own time."""
        self.has_begun = self._in_header or self._in_body or bool(self.pipeline)
        if not self.transport.is_closing():
            if self.pipeline:
                self.config.connections.work(self)
            else:
                self.config.connections.admit(self)
        super().on_response_complete()

    def pause_writing(self) -> None:
        """It reads slower than we write."""
        super().pause_writing()
        self.config.connections.stall(self)

    def resume_writing(self) -> None:
        """It has read on."""
        super().resume_writing()
        self.config.connections.flow(self)
        if not self.cycle.response_complete:
            self.config.connections.work(self)

    def send_400_response(self, msg: str) -> None:
        """Refuse what came, and read no more of it."""
        code, detail = _WORDS[self._refusal]
        body = json.dumps(_problem(self._refusal, code, detail)).encode()
        head = (
            f"HTTP/1.1 {self._refusal} {HTTPStatus(self._refusal).phrase}\r\n"
            "content-type: application/problem+json\r\ncache-control: no-store\r\n"
            f"content-length: {len(body)}\r\nconnection: close\r\n\r\n"
        )
        self.transport.write(head.encode() + body)
        self.transport.close()

    def drop(self) -> None:
        """At once: a client that reads nothing would hold up a clean end."""
        self.transport.abort()

    def reads_on(self) -> bool:
        """Whether it has read some more of an answer since this was asked last."""
        before, self._was_unread = self._was_unread, self.unread()
        return self._was_unread > 0 and (before == 0 or self._was_unread < before)

    def unread(self) -> int:
        """Bytes of an answer that it has not taken yet."""
        return self.transport.get_write_buffer_size()

    def _refuse(self, status: int) -> None:
        self._refusal = status
        raise _RefusedError


def _problem(status: int, code: str, detail: str) -> dict[str, Any]:
    title = HTTPStatus(status).phrase
    return {"type": "about:blank", "title": title, "status": status, "code": code, "detail": detail}


class Config(uvicorn.Config):
    """How uvicorn serves here."""

    def __init__(self, app: ASGIApp, connections: Connections) -> None:
        self.connections = connections
        super().__init__(
            app,
            access_log=False,
            backlog=1,
            http=HttpConnection,
            lifespan="on",
            log_config=None,
            log_level="error",  # a line for each invalid request would fill a disk
            loop="asyncio",
            proxy_headers=False,
            server_header=False,
            timeout_graceful_shutdown=connections.limits.grace,
            timeout_keep_alive=connections.limits.idle,
            ws="none",
        )
