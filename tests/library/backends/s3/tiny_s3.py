"""A tiny S3 in memory: it answers what a test tells it to, and ignores what it is told to ignore.

It checks no signature. What real servers do is tested on real servers.
"""

from __future__ import annotations

import threading
from collections import deque
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from hashlib import md5
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote, urlsplit

from pydantic import SecretStr

from ingenious_storage.backends.s3.backend import S3Backend
from ingenious_storage.config.buckets.s3 import S3Account
from tests.support.servers.serving import serving

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

DATE = "Sun, 29 Nov 2026 10:00:00 GMT"


@dataclass(frozen=True)
class Answer:
    """One answer. `code` makes an error page of S3."""

    status: int
    code: str | None = None
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes = b""
    more: str = ""
    """Further elements of the error page."""

    @property
    def whole_body(self) -> bytes:
        if self.code is None:
            return self.body
        told = f"<Code>{self.code}</Code><Message>because</Message>{self.more}"
        page = f"<Error>{told}<RequestId>R1</RequestId></Error>"
        return f'<?xml version="1.0" encoding="UTF-8"?>\n{page}'.encode()


@dataclass(frozen=True)
class Asked:
    """One request as it arrived; names of headers are in lower case."""

    method: str
    path: str
    query: str
    headers: Mapping[str, str]
    body: bytes


class TinyS3:
    """One bucket, `bucket`, in path style."""

    def __init__(self) -> None:
        self.objects: dict[str, bytes] = {}
        self.requests: list[Asked] = []
        self.answers: deque[Answer | None] = deque()
        """What the next requests get; None for the usual."""
        self.ignores: set[str] = set()
        """Of "If-None-Match", "If-Match" and "DELETE"."""
        self._lock = threading.Lock()
        self.url = ""

    def backend(self, **changes: Any) -> S3Backend:
        given = {
            "endpoint": self.url,
            "access_key_id": "AKIAEXAMPLE",
            "secret_access_key": SecretStr("s3cr3t-CANARY"),
            "timeout": 30.0,
            **changes,
        }
        return S3Backend(S3Account(**given), "bucket")

    def answer(self, asked: Asked) -> Answer:
        with self._lock:
            self.requests.append(asked)
            told = self.answers.popleft() if self.answers else None
            return told or self._usual(asked)

    def _usual(self, asked: Asked) -> Answer:
        bucket, _, key = unquote(asked.path).removeprefix("/").partition("/")
        if bucket != "bucket":
            return Answer(404, "NoSuchBucket")
        data = self.objects.get(key)
        etag = None if data is None else f'"{md5(data).hexdigest()}"'
        match asked.method:
            case "PUT":
                return self._put(asked, key, etag)
            case "DELETE":
                wanted = asked.headers.get("if-match")
                if wanted and etag and wanted != etag and "DELETE" not in self.ignores:
                    return Answer(412, "PreconditionFailed")
                self.objects.pop(key, None)
                return Answer(204)
        if data is None or etag is None:
            return Answer(404, "NoSuchKey")
        return Answer(200, headers={"ETag": etag, "Last-Modified": DATE}, body=data)

    def _put(self, asked: Asked, key: str, etag: str | None) -> Answer:
        absent, match = (asked.headers.get(name) for name in ("if-none-match", "if-match"))
        if absent and etag is not None and "If-None-Match" not in self.ignores:
            return Answer(412, "PreconditionFailed")
        if match and etag != match and "If-Match" not in self.ignores:
            return Answer(412, "PreconditionFailed") if etag else Answer(404, "NoSuchKey")
        self.objects[key] = asked.body
        return Answer(200, headers={"ETag": f'"{md5(asked.body).hexdigest()}"'})


@contextmanager
def tiny_s3() -> Iterator[TinyS3]:
    tiny = TinyS3()

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def handle_one_request(self) -> None:
            self.raw_requestline = self.rfile.readline(65537)
            if not self.raw_requestline or not self.parse_request():
                self.close_connection = True
                return
            body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
            parts = urlsplit(self.path)
            headers = {name.lower(): value for name, value in self.headers.items()}
            asked = Asked(self.command, parts.path, parts.query, headers, body)
            told = tiny.answer(asked)
            page = b"" if told.status in (204, 304) else told.whole_body
            with suppress(OSError):  # nobody waits for it any more
                self.wfile.write(_head(told, len(page)) + (b"" if self.command == "HEAD" else page))

    with serving(ThreadingHTTPServer(("127.0.0.1", 0), Handler)) as server:
        tiny.url = f"http://127.0.0.1:{server.server_address[1]}"
        yield tiny


def _head(told: Answer, length: int) -> bytes:
    lines = {"Date": DATE, "x-amz-request-id": "R1", "Content-Length": str(length), **told.headers}
    if told.status in (204, 304):
        del lines["Content-Length"]
    text = "".join(f"{name}: {value}\r\n" for name, value in lines.items() if value is not None)
    return f"HTTP/1.1 {told.status} Tiny\r\n{text}\r\n".encode("latin-1")
