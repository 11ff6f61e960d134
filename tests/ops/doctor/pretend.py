"""Servers that pretend: each answers as a test says, and one keeps objects as S3 does."""

from __future__ import annotations

import hashlib
import ssl
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, NamedTuple
from urllib.parse import parse_qs, unquote, urlsplit

from tests.support.servers.serving import serving


class Asked(NamedTuple):
    """A request."""

    method: str
    path: str
    """Decoded, without the query."""
    query: Mapping[str, list[str]]
    headers: Mapping[str, str]
    """Names in lower case."""
    body: bytes

    @property
    def is_signed(self) -> bool:
        return "authorization" in self.headers


class Told(NamedTuple):
    """An answer."""

    status: int
    headers: Mapping[str, str]
    body: bytes = b""


Reply = Callable[[Asked], Told]


class PretendServer(ThreadingHTTPServer):
    def __init__(self, reply: Reply, tls: ssl.SSLContext | None = None) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.reply, self._scheme = reply, "http"
        if tls is not None:
            self._scheme = "https"
            self.socket = tls.wrap_socket(
                self.socket, server_side=True, do_handshake_on_connect=False
            )

    @property
    def url(self) -> str:
        return f"{self._scheme}://127.0.0.1:{self.server_address[1]}"

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A client that has closed its connection is no error here."""


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: PretendServer

    def _answer(self) -> None:
        length = int(self.headers.get("content-length") or 0)
        parts = urlsplit(self.path)
        asked = Asked(
            self.command,
            unquote(parts.path),
            parse_qs(parts.query, keep_blank_values=True),
            {name.lower(): value for name, value in self.headers.items()},
            self.rfile.read(length),
        )
        told = self.server.reply(asked)
        self.send_response_only(told.status)
        if "date" not in {name.lower() for name in told.headers}:
            self.send_header("Date", self.date_time_string())
        for name, value in told.headers.items():
            self.send_header(name, value)
        if told.status not in {204, 304}:
            self.send_header("Content-Length", str(len(told.body)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(told.body)

    do_GET = do_PUT = do_POST = do_HEAD = do_DELETE = _answer  # noqa: N815

    def log_message(self, *_: Any) -> None:
        """Quiet."""


@contextmanager
def pretending(reply: Reply, *, tls: ssl.SSLContext | None = None) -> Iterator[PretendServer]:
    with serving(PretendServer(reply, tls)) as server:
        yield server


OWN = {"Server": "PretendS3", "x-amz-request-id": "req-1"}


def s3_error(status: int, code: str, more: str = "") -> Told:
    """An error page of S3; `more` are further elements."""
    body = f"<Error><Code>{code}</Code><Message>no</Message>{more}</Error>"
    return Told(status, {**OWN, "Content-Type": "application/xml"}, body.encode())


@dataclass
class PretendS3:
    """One bucket in memory; signatures are not looked at.

    `refuse` answers instead, where it gives an answer.
    """

    honours: bool = True
    """Whether conditions are."""
    honours_deletes: bool = True
    refuse: Callable[[Asked], Told | None] = lambda _: None
    objects: dict[str, bytes] = field(default_factory=dict)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def __call__(self, asked: Asked) -> Told:
        with self._lock:
            if not asked.is_signed:
                return Told(403, OWN)
            refused = self.refuse(asked)
            if refused is not None:
                return refused
            _, _, key = asked.path.removeprefix("/").partition("/")
            return self._of_key(asked, key) if key else self._of_bucket(asked)

    def _of_bucket(self, asked: Asked) -> Told:
        [prefix] = asked.query.get("prefix", [""])
        contents = "".join(
            f"<Contents><Key>{key}</Key><LastModified>2026-11-29T10:00:00.000Z</LastModified>"
            f"<ETag>{_etag(data)}</ETag><Size>{len(data)}</Size></Contents>"
            for key, data in sorted(self.objects.items())
            if key.startswith(prefix)
        )
        page = "<IsTruncated>false</IsTruncated><EncodingType>url</EncodingType>"
        body = f"<ListBucketResult>{page}{contents}</ListBucketResult>"
        return Told(200, {**OWN, "Content-Type": "application/xml"}, body.encode())

    def _of_key(self, asked: Asked, key: str) -> Told:
        data = self.objects.get(key)
        honours = self.honours_deletes if asked.method == "DELETE" else self.honours
        if honours and (refused := _refusal(asked, data)) is not None:
            return refused
        if asked.method == "PUT":
            self.objects[key] = asked.body
            return Told(200, {**OWN, "ETag": _etag(asked.body)})
        if asked.method == "DELETE":
            self.objects.pop(key, None)
            return Told(204, OWN)
        if data is None:
            return s3_error(404, "NoSuchKey")
        modified = {"Last-Modified": "Sun, 29 Nov 2026 10:00:00 GMT", "ETag": _etag(data)}
        return Told(200, {**OWN, **modified, "Content-Type": "application/octet-stream"}, data)


def _etag(data: bytes) -> str:
    return f'"{hashlib.md5(data, usedforsecurity=False).hexdigest()}"'


def _refusal(asked: Asked, data: bytes | None) -> Told | None:
    wanted, unless = asked.headers.get("if-match"), asked.headers.get("if-none-match")
    if asked.method in {"GET", "HEAD"}:
        same = data is not None and unless == _etag(data)
        return Told(304, OWN) if same else None
    if unless == "*" and data is not None:
        return s3_error(412, "PreconditionFailed")
    if wanted is not None and (data is None or wanted != _etag(data)):
        return s3_error(412, "PreconditionFailed")
    return None
