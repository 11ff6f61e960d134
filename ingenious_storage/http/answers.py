"""Answers: one response as httptools (llhttp) parses it, within bounds."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, Final, NamedTuple

import httptools

from ingenious_storage.http.errors import Failure, HttpError

MAX_HEAD: Final = 64 * 1024
"""Bytes of the lines before a body; Node allows 16 KiB, Apache 64. As many may come at any other
place before the next byte of the body: as extension of a chunk, or as trailer."""
MAX_INFORMATIONAL: Final = 16
"""Interim answers (100 Continue, 103 Early Hints) before the one that counts."""
MAX_ERROR_BODY: Final = 256 * 1024
"""Bytes of the body of an answer that is no success."""
_SINGLE: Final = frozenset(
    {"content-length", "content-range", "content-type", "etag", "last-modified", "retry-after"}
)
"""Fields that RFC 9110 gives one value: two that differ mean that nobody knows which holds."""
_NO_BODY: Final = frozenset({"HEAD", "CONNECT"})
"""Methods whose answers end with their heads: after CONNECT because nothing is done with a refusal
but to close the connection."""
_PROTOCOL: Final = b"HTTP/1."
_KNOWN_NAMES: Final = 256
Sink = Callable[[bytes], object]


class Response(NamedTuple):
    """An answer. Names of `headers` are in lower case; one that came twice is joined by ", "."""

    status: int
    headers: Mapping[str, str]
    body: bytes
    fields: Sequence[tuple[bytes, bytes]] = ()
    """Those of the head as they came, with names in the case that they have."""


class Answer:
    """One response while it arrives: fed with bytes, read when `is_complete`.

    Args:
        method: of the request, as it decides whether there is a body.
        limit: bytes that the body of a success may have.
        sink: gets the body of a success piece by piece; it is not kept then.
    """

    def __init__(self, method: str, limit: int, sink: Sink | None = None) -> None:
        self._has_no_body, self._limit, self._sink = method in _NO_BODY, limit, sink
        self._parser: Any = httptools.HttpResponseParser(self)
        self._fields: list[tuple[bytes, bytes]] = []
        self.headers: dict[str, str] = {}
        self.status = self._body_size = self._framing = self._interim = 0
        self._begin: bytes | None = b""
        self._chunks: list[bytes] = []
        self.is_complete = self._is_chunked = False
        self.has_surplus = False
        """Whether something came behind the answer."""
        self.length: int | None = None
        """Of the body, as the head has it; None where it ends by chunks or with the connection."""

    @property
    def may_follow(self) -> bool:
        """Whether another answer may come on the connection."""
        return self.is_complete and not self.has_surplus and self._keeps_alive

    @property
    def missing(self) -> int:
        """Bytes of the body that are still to come, if the head said how many."""
        return 0 if self.length is None or self.is_complete else self.length - self._body_size

    @property
    def takes_rest(self) -> bool:
        """Whether `take_rest` may be called: the head is there, and names the length."""
        return self.length is not None and self._sink is None

    def feed(self, data: bytes) -> int:
        """Bytes that arrived.

        Returns: how many of them are the body's.
        Raises: HttpError when they are no answer, or too many; what the sink raises.
        """
        if self._begin is not None:
            if self._begin or not data.startswith(_PROTOCOL):
                self._check_begin(data)
            else:
                self._begin = None
        before = self._body_size
        try:
            self._parser.feed_data(data)
        except httptools.HttpParserCallbackError as error:
            # Ours, the sink's, or an interrupt that came meanwhile.
            raise error.__context__ or error from None
        except (httptools.HttpParserError, httptools.HttpParserUpgrade) as error:
            if not self.is_complete:
                raise _malformed(f"{type(error).__name__}: {error}") from None
            self.has_surplus = True
        found = self._body_size - before
        self._framing = 0 if found else self._framing + len(data)
        if self._framing > MAX_HEAD and not self.is_complete:
            raise _too_large("its head, or what is between its chunks, does not end")
        return found

    def take_rest(self, pieces: Iterable[bytes]) -> None:
        """The rest of the body, `missing` bytes, read without the parser."""
        self._chunks += pieces
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

    def release(self) -> None:
        """Let go of the parser; nothing is fed any more.

        Parser and answer hold each other. Left so, the garbage collector alone would free them, and
        with them the body, long after its last user has.
        """
        self._parser = None

    def response(self) -> Response:
        """The answer, once it is complete; it is released."""
        self.release()
        chunks = self._chunks
        body = chunks[0] if len(chunks) == 1 else b"".join(chunks)
        return Response(self.status, self.headers, body, self._fields)

    def _check_begin(self, data: bytes) -> None:
        """The parser also takes RTSP, ICE and other versions of HTTP."""
        begin = (self._begin or b"") + data[: len(_PROTOCOL)]
        if not begin.startswith(_PROTOCOL) and not _PROTOCOL.startswith(begin):
            raise _malformed("it does not begin as HTTP/1 does")
        self._begin = None if len(begin) >= len(_PROTOCOL) else begin

    # What httptools calls.

    def on_message_begin(self) -> None:
        """Of the answer, or of something that nobody asked for."""
        self.has_surplus = self.has_surplus or self.is_complete

    def on_header(self, name: bytes, value: bytes) -> None:
        """A field of the head, or of the trailer, which tells nothing that is needed here."""
        self._fields.append((name, value))

    def on_headers_complete(self) -> None:
        """The head is there."""
        if self.has_surplus:
            return
        status = self._parser.get_status_code()
        if status < 100 or status == 101 or status > 599:
            raise _malformed(f"its status is {status}")
        self.status, fields = status, self._fields
        if status < 200:
            return
        # The parser leaves the space behind a value, which is not of it (RFC 9112, section 5.1).
        self.headers = {_NAMES[name]: value.rstrip().decode("latin-1") for name, value in fields}
        if len(self.headers) != len(fields):
            self.headers = _joined(fields)
        if self._has_no_body:
            # The parser would wait for a body.
            self._keeps_alive = (
                self._parser.get_http_version() == "1.1"
                and "close" not in self.headers.get("connection", "").lower()
            )
            self._finish()
            return
        self._keeps_alive = self._parser.should_keep_alive()
        self._expect_body(status)

    def _expect_body(self, status: int) -> None:
        self._bound = self._limit if status < 300 else min(self._limit, MAX_ERROR_BODY)
        coding = self.headers.get("transfer-encoding")
        if coding is not None:
            self._is_chunked = True
            if coding.lower() != "chunked":
                raise _malformed("its transfer coding is not chunked")
        elif "content-length" in self.headers and status not in (204, 304):
            self.length = int(self.headers["content-length"])
            if self.length > self._bound:
                raise _too_large(f"it has {self.length} bytes")

    def on_body(self, data: bytes) -> None:
        """A piece of the body."""
        if self._has_no_body or self.has_surplus:
            self.has_surplus = True
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
        self._fields, self.status = [], 0

    def _finish(self) -> None:
        self.is_complete = True


class _Names(dict[bytes, str]):
    """Names of fields as they came, in lower case: few, and the same in every answer."""

    def __missing__(self, name: bytes) -> str:
        field = name.lower().decode("latin-1")
        if len(self) < _KNOWN_NAMES:
            self[name] = field
        return field


_NAMES: Final = _Names()


def _joined(fields: list[tuple[bytes, bytes]]) -> dict[str, str]:
    """Fields of which one came more than once, by RFC 9110, section 5.3."""
    joined: dict[str, str] = {}
    for name, value in fields:
        field, text = _NAMES[name], value.rstrip().decode("latin-1")
        before = joined.get(field)
        if before is None or before == text:
            joined[field] = text
        elif field in _SINGLE:
            raise _malformed(f"it has two values of {field}")
        else:
            joined[field] = f"{before}, {text}"
    return joined


def _malformed(problem: str) -> HttpError:
    return HttpError(Failure.MALFORMED, problem, sent=True)


def _too_large(problem: str) -> HttpError:
    return HttpError(Failure.TOO_LARGE, problem, sent=True)
