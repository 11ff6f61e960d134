"""Fuzzing: whatever bytes come, in whatever pieces, raise nothing but HttpError, and end."""

from __future__ import annotations

import http.client
import io
import os
import socket
import time
from collections.abc import Callable
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import HealthCheck, event, given, settings
from hypothesis import strategies as st

from ingenious_storage.http.answers import MAX_ERROR_BODY, Answer
from ingenious_storage.http.connection import Connection
from ingenious_storage.http.errors import Failure, HttpError
from ingenious_storage.http.sockets import PlainSocket
from ingenious_storage.http.waiting import Waiting

CASES = int(os.environ.get("INGENIOUS_TEST_FUZZ", "50000"))
"""Of the slow test: some minutes."""
LIMIT = 4096
HEADS = [
    b"HTTP/1.1 200 OK\r\n", b"HTTP/1.1 503 Busy\r\n", b"HTTP/1.0 200 OK\r\n",
    b"HTTP/1.1 204 No\r\n", b"HTTP/1.1 304 Same\r\n", b"HTTP/1.1 206 Part\r\n",
    b"HTTP/1.1 404 \r\n", b"HTTP/1.1 302 Go\r\n",
    b"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\n",
]  # fmt: skip
FIELDS = [
    b"", b'ETag: "1"\r\n', b"Connection: close\r\n", b"Connection: keep-alive\r\n", b"X:\r\n",
    b'Content-Type: text/plain; a="b"\r\n', b"Retry-After: 1\r\n", b"X-A: \xe4\xff\r\n",
    b"Upgrade: h2c\r\n", b"Trailer: ETag\r\n",
]  # fmt: skip
EVIL = [
    b"\r\n", b"\n", b"\r", b"\0", b" ", b"\t", b":", b";", b"0", b"f", b"-1", b"\xff", b"x" * 300,
    b"HTTP/1.1 200 OK\r\n\r\n", b"HTTP/1.1 100 Continue\r\n\r\n", b"Content-Length: 5\r\n",
    b"Transfer-Encoding: chunked\r\n", b"Transfer-Encoding: gzip, chunked\r\n", b"0\r\n\r\n",
    b"5\r\nhello\r\n",
]  # fmt: skip
METHODS = st.sampled_from(["GET", "PUT", "HEAD", "CONNECT"])


@dataclass(frozen=True)
class Reply:
    """What a server sends, in pieces, and how it ends."""

    data: bytes
    cuts: tuple[int, ...]
    end: str

    @property
    def pieces(self) -> list[bytes]:
        places = [0, *sorted(cut % (len(self.data) + 1) for cut in self.cuts), len(self.data)]
        return [self.data[a:b] for a, b in pairwise(places) if a != b]


@st.composite
def valid(draw: st.DrawFn) -> bytes:
    """An answer as servers send it."""
    head = draw(st.sampled_from(HEADS)) + b"".join(
        draw(st.lists(st.sampled_from(FIELDS), max_size=3, unique=True))
    )
    body = draw(st.binary(max_size=40) | st.just(b"y" * 5000))
    match draw(st.sampled_from(["length", "chunks", "end"])):
        case "length":
            return head + b"Content-Length: %d\r\n\r\n" % len(body) + body
        case "chunks":
            half = draw(st.integers(0, len(body)))
            chunks = b"".join(
                b"%x;a=b\r\n%b\r\n" % (len(p), p) for p in (body[:half], body[half:]) if p
            )
            trailer = draw(st.sampled_from([b"", b"ETag: late\r\n"]))
            return (
                head + b"Transfer-Encoding: chunked\r\n\r\n" + chunks + b"0\r\n" + trailer + b"\r\n"
            )
        case _:
            return head + b"\r\n" + body


@st.composite
def mutated(draw: st.DrawFn) -> bytes:
    """One with a few changes: something put in, taken out or replaced."""
    data = draw(valid())
    for _ in range(draw(st.sampled_from([0, 0, 1, 1, 2, 3]))):
        at = draw(st.integers(0, len(data)))
        away = draw(st.sampled_from([0, 0, 1, 2, 20]))
        data = data[:at] + draw(st.sampled_from(EVIL) | st.binary(max_size=3)) + data[at + away :]
    return data


REPLIES = st.builds(
    Reply,
    mutated() | st.binary(max_size=200),
    st.lists(st.integers(0, 6000), max_size=4).map(tuple),
    st.sampled_from(["close", "reset", "silence"]),
)
Result = tuple[int, bytes] | Failure


def fed(answer: Answer, pieces: list[bytes]) -> None:
    for piece in pieces:
        answer.feed(piece)
    answer.end()


def result_of(answer: Answer, run: Callable[[], object]) -> Result:
    try:
        run()
    except HttpError as error:
        return error.failure
    found = answer.response()
    assert len(found.body) <= (LIMIT if found.status < 300 else MAX_ERROR_BODY)
    return found.status, found.body


def parsed(pieces: list[bytes], method: str) -> Result:
    """What the parser alone makes of an answer that ends with the connection."""
    answer = Answer(method, LIMIT)
    return result_of(answer, lambda: fed(answer, pieces))


def exchanged(reply: Reply, method: str) -> Result:
    """What a connection makes of it: it ends in time, and is fit for another exchange or not."""
    ours, theirs = socket.socketpair()
    with theirs, PlainSocket(fileno=ours.detach()) as sock:
        for piece in reply.pieces:
            theirs.sendall(piece)
        if reply.end == "close":
            theirs.shutdown(socket.SHUT_WR)
        elif reply.end == "reset":
            theirs.close()
        answer, seconds = Answer(method, LIMIT), 0.02 if reply.end == "silence" else 20

        def exchange() -> None:
            if Connection(sock).exchange(b"x", b"", answer, Waiting(seconds)):
                assert not answer.has_surplus

        began = time.monotonic()
        found = result_of(answer, exchange)
        assert time.monotonic() - began < 10
        return found


class Wire(io.BytesIO):
    """What `http.client` reads from."""

    def makefile(self, _mode: str) -> Wire:
        return self


def by_standard_library(data: bytes, method: str) -> Result | None:
    """What Python's own client makes of the same bytes; None when it refuses them."""
    wire: Any = Wire(data)
    response = http.client.HTTPResponse(wire, method=method)
    try:
        response.begin()
        return response.status, response.read()
    except (http.client.HTTPException, ValueError, OSError):
        return None
    finally:
        response.close()


def check(reply: Reply, method: str) -> None:
    alone, whole = parsed(reply.pieces, method), parsed([reply.data], method)
    if not isinstance(alone, Failure) or not isinstance(whole, Failure):
        assert alone == whole, "it matters where the bytes are cut"
    real = exchanged(reply, method)
    if reply.end == "close" or not isinstance(real, Failure):
        assert real == alone
    theirs = by_standard_library(reply.data, method)
    event("failure" if isinstance(alone, Failure) else "answer")
    if isinstance(alone, Failure) or theirs is None or method == "CONNECT" or alone == theirs:
        return
    # http.client reads chunks behind heads that have no body (RFC 9112, section 6.3).
    assert alone[0] in (204, 304), "Python's own client reads another answer"
    assert alone[1] == b""


fuzzed: Callable[[Any], Any] = given(reply=REPLIES, method=METHODS)


@fuzzed
@settings(max_examples=500, deadline=None, suppress_health_check=[HealthCheck.too_slow])
def test_nothing_but_a_clear_error(reply: Reply, method: str) -> None:
    check(reply, method)


@pytest.mark.slow
@pytest.mark.timeout(3000)
@fuzzed
@settings(max_examples=CASES, deadline=None, suppress_health_check=list(HealthCheck))
def test_nothing_but_a_clear_error_in_many_cases(reply: Reply, method: str) -> None:
    check(reply, method)
