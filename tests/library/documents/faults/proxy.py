"""A proxy before a store that puts every request to a rule of `tests.support.faults`.

Here `call` forwards a request and gives the answer, and what a fault returns is sent to the
client; raising Reset cuts the connection instead.
"""

from __future__ import annotations

import http.client
import socket
import ssl
import struct
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, Final, NoReturn, Protocol

from tests.library.documents.faults.dialects import DIALECTS
from tests.support import faults
from tests.support.faults import Call, Fault, Request, Rule
from tests.support.servers.azurite import Azurite
from tests.support.stores import Api

_PATIENCE_SECONDS: Final = 60.0
_LANDED: Final = frozenset({HTTPStatus.OK, HTTPStatus.CREATED})


class Reset(Exception):  # noqa: N818  # an order, not an error
    """Cut the connection to the client."""


@dataclass(frozen=True, slots=True)
class Answer:
    status: int
    headers: list[tuple[str, str]] = field(default_factory=list)
    body: bytes = b""
    cut_to: int | None = None
    """How many bytes of the body are sent before the connection is cut."""


@dataclass(frozen=True, slots=True)
class Refusal:
    """An answer in the words of the store that the proxy stands before."""

    status: int
    code: str


@dataclass(frozen=True, slots=True)
class Busy:
    """The refusal that asks for fewer requests, likewise."""


def lost(request: Request, call: Call) -> NoReturn:
    """It lands, and the answer is lost."""
    call()
    raise Reset


def refused(request: Request, call: Call) -> NoReturn:
    """It never arrives, and the client cannot know that."""
    raise Reset


def cut(request: Request, call: Call) -> Answer:
    """Half of the answer's body arrives."""
    answer = call()
    return Answer(answer.status, answer.headers, answer.body, len(answer.body) // 2)


def canned(status: int, code: str) -> Fault:
    """An answer that the service never gave; the request is not forwarded."""
    return lambda _request, _call: Refusal(status, code)


def busy(request: Request, call: Call) -> Busy:
    """The service says that it did nothing."""
    return Busy()


class Held(faults.Held):
    """A fault: the client loses its connection, and the request lands when `land` is called."""

    def __call__(self, request: Request, call: Call) -> NoReturn:
        self.waiting.append(call)
        raise Reset


class TimedOut(faults.Held):
    """As Held, but the client gets nothing until it hangs up."""

    def __init__(self) -> None:
        super().__init__()
        self._landed = threading.Event()

    def __call__(self, request: Request, call: Call) -> NoReturn:
        self.waiting.append(call)
        self._landed.wait(_PATIENCE_SECONDS)
        raise Reset

    def land(self) -> None:
        super().land()
        self._landed.set()


class Upstream(Protocol):
    """A server on loopback; beside its `ca_file` lie its certificate and key."""

    @property
    def port(self) -> int: ...

    @property
    def ca_file(self) -> Path | None: ...


class FaultProxy:
    """Where it listens is a store like any other. `rule` may be replaced at any time.

    It speaks HTTPS where the upstream does. Headers in `hidden`, in lower case, go no further.
    """

    def __init__(self, upstream: Upstream, api: Api) -> None:
        self.upstream, self.dialect = upstream, DIALECTS[api]
        self.rule: Rule | None = None
        self.hidden: frozenset[str] = frozenset()
        self.took: Callable[[str, bytes], None] | None = None
        """Told of each put that the upstream took: the key and the bytes."""
        self.missed: Callable[[str, bytes], None] | None = None
        """Told likewise of each put to which the upstream gave no answer, as when it ended."""
        self._lock = threading.Lock()
        self._position = 0
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), _Handler)
        self._server.daemon_threads = True
        self._server.block_on_close = False
        self._server.handle_error = lambda *_: None  # type: ignore[method-assign]  # clients hang up
        self._server.proxy = self  # type: ignore[attr-defined]
        ca_file, self.port = upstream.ca_file, self._server.server_port
        if ca_file is not None:  # whose certificate and key lie beside it
            tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            tls.load_cert_chain(ca_file.with_name("cert.pem"), ca_file.with_name("key.pem"))
            self._server.socket = tls.wrap_socket(
                self._server.socket, server_side=True, do_handshake_on_connect=False
            )

    @property
    def azurite(self) -> Azurite:
        """As an Azurite, which the upstream is."""
        ca_file = self.upstream.ca_file
        return Azurite(f"http{'s' if ca_file else ''}://127.0.0.1:{self.port}", ca_file)

    def connect(self) -> http.client.HTTPConnection:
        """A connection to the upstream."""
        ca_file, port = self.upstream.ca_file, self.upstream.port
        if ca_file is None:
            return http.client.HTTPConnection("127.0.0.1", port, timeout=30)
        trust = ssl.create_default_context(cafile=ca_file)
        return http.client.HTTPSConnection("127.0.0.1", port, timeout=30, context=trust)

    def serve(self) -> None:
        self._server.serve_forever(poll_interval=0.01)

    def stop(self) -> None:
        self._server.shutdown()
        self._server.server_close()

    def fault(self, request: Request) -> Fault | None:
        with self._lock:  # rules count
            return self.rule(request) if self.rule else None

    def next_position(self) -> int:
        with self._lock:
            self._position += 1
            return self._position


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True  # else each body waits 40 ms for the headers' ACK

    def handle_one_request(self) -> None:
        with suppress(ConnectionError, TimeoutError):
            super().handle_one_request()
            return
        self.close_connection = True

    def _serve(self) -> None:
        proxy: FaultProxy = self.server.proxy  # type: ignore[attr-defined]
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        operation, key = proxy.dialect.read(self.command, self.path)
        request = Request(proxy.next_position(), operation, key or None)
        fault = proxy.fault(request)
        try:
            answer = (
                self._forward(body)
                if fault is None
                else fault(request, lambda: self._forward(body))
            )
        except Reset:
            self._reset()
            return
        self._reply(self._told(answer))

    def _told(self, answer: Answer | Refusal | Busy) -> Answer:
        """What is sent of what a fault returns."""
        if isinstance(answer, Answer):
            return answer
        dialect = self.server.proxy.dialect  # type: ignore[attr-defined]
        status, code = (answer.status, answer.code) if isinstance(answer, Refusal) else dialect.busy
        headers, body = dialect.refusal(status, code)
        return Answer(status, headers, body)

    do_GET = do_PUT = do_HEAD = do_DELETE = do_POST = _serve  # noqa: N815

    def _forward(self, body: bytes) -> Answer:
        proxy: FaultProxy = self.server.proxy  # type: ignore[attr-defined]
        operation, key = proxy.dialect.read(self.command, self.path)
        is_put = operation == "put" and bool(key)
        try:
            answer = self._exchange(proxy, body)
        except (OSError, http.client.HTTPException):
            if proxy.missed and is_put:
                proxy.missed(key, proxy.dialect.stored(body))
            raise
        if proxy.took and is_put and answer.status in _LANDED:
            proxy.took(key, proxy.dialect.stored(body))
        return answer

    def _exchange(self, proxy: FaultProxy, body: bytes) -> Answer:
        connection = proxy.connect()
        try:
            connection.putrequest(
                self.command, self.path, skip_host=True, skip_accept_encoding=True
            )
            for name, value in self.headers.items():
                if name.lower() == "host" and proxy.dialect.knows_its_host:
                    connection.putheader(name, f"127.0.0.1:{proxy.upstream.port}")
                elif name.lower() not in proxy.hidden:
                    connection.putheader(name, value)
            connection.endheaders(body)
            reply = connection.getresponse()
            content = reply.read()
        finally:
            connection.close()
        headers = [
            (name, value)
            for name, value in reply.getheaders()
            if name.lower() not in ("transfer-encoding", "connection", "keep-alive")
        ]
        return Answer(reply.status, headers, content)

    def _reply(self, answer: Answer) -> None:
        self.send_response_only(answer.status)
        for name, value in answer.headers:
            self.send_header(name, value)
        if not any(name.lower() == "content-length" for name, _ in answer.headers):
            self.send_header("Content-Length", str(len(answer.body)))
        self.end_headers()
        if answer.cut_to is None:
            self.wfile.write(answer.body)
        else:
            self.wfile.write(answer.body[: answer.cut_to])
            self.wfile.flush()
            self._reset()

    def _reset(self) -> None:
        self.close_connection = True
        linger = struct.pack("ii", 1, 0)  # RST instead of a polite end
        self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger)

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002
        """Silent."""


@contextmanager
def fault_proxy(upstream: Upstream, api: Api = "azure") -> Iterator[FaultProxy]:
    """A proxy for the length of a `with` block, before a store of this kind."""
    proxy = FaultProxy(upstream, api)
    thread = threading.Thread(target=proxy.serve, daemon=True)
    thread.start()
    yield proxy
    proxy.stop()
    thread.join(10)
