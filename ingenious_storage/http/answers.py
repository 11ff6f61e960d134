"""Answers: one response as httptools (llhttp) parses it, within bounds."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Final

import httptools

from ingenious_storage.http.errors import Failure, HttpError

MAX_HEAD: Final = 64 * 1024
"""Bytes of the lines before a body; Node allows 16 KiB, Apache 64."""
MAX_INFORMATIONAL: Final = 16
"""Interim answers (100 Continue, 103 Early Hints) before the one that counts."""
MAX_ERROR_BODY: Final = 256 * 1024
"""Bytes of the body of an answer that is no success."""
_SINGLE: Final = frozenset(
    {"content-length", "content-range", "content-type", "etag", "last-modified", "retry-after"}
)
"""Fields that RFC 9110 gives one value: two that differ mean that nobody knows which holds."""
Sink = Callable[[bytes], object]


@dataclass(frozen=True, slots=True)
class Response:
    """An answer. Names of `headers` are in lower case; a field that came twice is joined by ", "."""

    status: int
    headers: Mapping[str, str]
    body: bytes


class Answer:
    """One response while it arrives: fed with bytes, read when `is_complete`.

    Args:
        method: of the request, as it decides whether there is a body.
        limit: bytes that the body of a success may have.
        sink: gets the body of a success piece by piece; it is not kept then.
    """

    def __init__(self, method: str, limit: int, sink: Sink | None = None) -> None:
        self._is_head, self._limit, self._sink = method == "HEAD", limit, sink
        self._start()
        self._interim = 0
        self.is_complete = self._has_surplus = False

    def _start(self) -> None:
        self._parser = httptools.HttpResponseParser(self)
        self.headers: dict[str, str] = {}
        self.status, self._head_size, self._body_size = 0, 0, 0
        self._chunks: list[bytes | bytearray] = []
        self.length: int | None = None
        """Of the body, as the head has it; None where it ends by chunks or with the connection."""

    @property
    def may_follow(self) -> bool:
        """Whether another answer may come on the connection."""
        return self.is_complete and not self._has_surplus and self._keeps_alive

    @property
    def missing(self) -> int:
        """Bytes of the body that are still to come, if the head said how many."""
        return 0 if self.length is None or self.is_complete else self.length - self._body_size

    @property
    def takes_rest(self) -> bool:
        """Whether `take_rest` may be called: the head is there, and names the length."""
        return self.length is not None and self._sink is None

    def feed(self, data: bytes) -> None:
        """Bytes that arrived. Raises: HttpError when they are no answer, or too many."""
        if not self.status:
            self._head_size += len(data)
        try:
            self._parser.feed_data(data)
        except httptools.HttpParserCallbackError as error:
            cause = error.__context__
            if isinstance(cause, HttpError):
                raise cause from None
            raise
        except (httptools.HttpParserError, httptools.HttpParserUpgrade) as error:
            raise _malformed(f"{type(error).__name__}: {error}") from None
        if not self.status and self._head_size > MAX_HEAD:
            raise _too_large("its head does not end")

    def take_rest(self, body: bytes | bytearray) -> None:
        """The rest of the body, `missing` bytes, read without the parser."""
        self._chunks.append(body)
        self._finish()

    def end(self) -> None:
        """The peer sends nothing more. Raises: HttpError unless the answer ended with it."""
        if self.is_complete:
            return
        if not self.status or self.length is not None or self._is_chunked:
            raise HttpError(Failure.CLOSED, "the connection ended before the answer", sent=True)
        if self.status < 300:
            # Whole and cut look alike.
            raise _malformed("a body without a length ended with the connection")
        self._finish()

    def response(self) -> Response:
        """The answer, once it is complete."""
        return Response(self.status, self.headers, b"".join(self._chunks))

    # What httptools calls.

    def on_message_begin(self) -> None:
        """Of the answer, or of something that nobody asked for."""
        self._has_surplus = self._has_surplus or self.is_complete

    def on_header(self, name: bytes, value: bytes) -> None:
        """A field of the head, or of the trailer, which tells nothing that is needed here."""
        if self.status:
            return
        field, text = name.lower().decode("latin-1"), value.decode("latin-1")
        if field in self.headers:
            before = self.headers[field]
            if field in _SINGLE and before != text:
                raise _malformed(f"it has two values of {field}")
            text = before if before == text else f"{before}, {text}"
        self.headers[field] = text

    def on_headers_complete(self) -> None:
        """The head is there."""
        if self._has_surplus:
            return
        status = self._parser.get_status_code()
        if status < 100 or status == 101 or status > 599:
            raise _malformed(f"its status is {status}")
        self.status = status
        if status < 200:
            return
        self._keeps_alive = self._parser.should_keep_alive()
        self._bound = self._limit if status < 300 else min(self._limit, MAX_ERROR_BODY)
        self._is_chunked = "transfer-encoding" in self.headers
        if self._is_head:
            # The parser would wait for a body.
            self._keeps_alive = (
                self._parser.get_http_version() == "1.1"
                and "close" not in self.headers.get("connection", "").lower()
            )
            self._finish()
            return
        if "content-length" in self.headers:
            self.length = int(self.headers["content-length"])
            if self.length > self._bound:
                raise _too_large(f"it has {self.length} bytes")

    def on_body(self, data: bytes) -> None:
        """A piece of the body."""
        if self._is_head or self._has_surplus:
            self._has_surplus = True
            return
        self._body_size += len(data)
        if self._body_size > self._bound:
            raise _too_large(f"it has more than {self._bound} bytes")
        if self._sink is not None and self.status < 300:
            self._sink(data)
        else:
            self._chunks.append(data)

    def on_message_complete(self) -> None:
        """Of an interim answer, or of the one that counts."""
        if self.status >= 200:
            self._finish()
            return
        self._interim += 1
        if self._interim > MAX_INFORMATIONAL:
            raise _malformed("interim answers without end")
        self.headers, self.status = {}, 0

    def _finish(self) -> None:
        self.is_complete = True


def _malformed(problem: str) -> HttpError:
    return HttpError(Failure.MALFORMED, problem, sent=True)


def _too_large(problem: str) -> HttpError:
    return HttpError(Failure.TOO_LARGE, problem, sent=True)
