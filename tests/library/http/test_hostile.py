"""Hostile answers: each is a clear error, in time, in bounded memory, and leaves nothing behind."""

from __future__ import annotations

import time
import tracemalloc

import pytest

from ingenious_storage.http.client import Client
from ingenious_storage.http.errors import Failure, HttpError
from tests.support.hostile import CHUNKED, HEAD, HOSTILE, LIMIT, Hostile, ends, floods, says
from tests.support.polling import with_time_enough
from tests.support.servers.scripted import OK, answering, scripted_server

TIMEOUT = 0.4
"""Seconds for a call. Those that end by it make up most of the time of this file."""
PATIENCE = 20.0
"""Seconds for a call that something else ends."""
MEMORY = 2 * 1024 * 1024
"""Bytes that a call may take, the server of the test included."""


@pytest.mark.parametrize("row", HOSTILE, ids=lambda row: row.name)
def test_it_is_a_clear_error(row: Hostile) -> None:
    def met(timeout: float) -> HttpError:
        with scripted_server(row.talk, answering(OK)) as server:
            client = Client(server.url, timeout=timeout)
            tracemalloc.start()
            began = time.monotonic()
            with pytest.raises(HttpError) as caught:
                client.send("PUT", "/", {}, b"x" * 5000, limit=LIMIT)
            took, peak = time.monotonic() - began, tracemalloc.get_traced_memory()[1]
            tracemalloc.stop()
            assert took < timeout + 20
            assert peak < MEMORY
            assert not client._kept
            client._timeout = PATIENCE
            assert client.send("GET", "/next", {}).body == b"good"
            assert server.connections == (2 if caught.value.sent else server.connections)
            client.close()
        return caught.value

    is_late = row.failure is Failure.TIMEOUT
    error = with_time_enough(
        met, lambda error: error.sent, seconds=TIMEOUT if is_late else PATIENCE
    )
    assert (error.failure, error.sent) == (row.failure, True)


def test_there_are_enough() -> None:
    assert len({row.name for row in HOSTILE}) == len(HOSTILE) >= 40


def test_a_length_that_is_only_claimed_takes_no_memory() -> None:
    with scripted_server(
        ends(HEAD + b"Content-Length: 999999999999\r\n\r\n" + b"x" * 1000)
    ) as server:
        client = Client(server.url, timeout=PATIENCE)
        tracemalloc.start()
        with pytest.raises(HttpError) as caught:
            client.send("GET", "/", {}, limit=1 << 40)
        peak = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
    assert caught.value.failure is Failure.CLOSED
    assert peak < 20 * 1024 * 1024


def test_a_sink_of_a_body_of_a_gib_takes_no_memory() -> None:
    got = 0

    def sink(piece: bytes) -> None:
        nonlocal got
        got += len(piece)

    size = 1 << 26
    with scripted_server(floods(HEAD + b"Content-Length: %d\r\n\r\n" % size, b"x")) as server:
        client = Client(server.url, timeout=20)
        tracemalloc.start()
        client.send("GET", "/", {}, limit=size, sink=sink)
        peak = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        client.close()
    assert got == size
    assert peak < MEMORY


@pytest.mark.parametrize(
    ("reply", "status", "body"),
    [
        (b"HTTP/1.1 302 Found\r\nLocation: http://a/\r\nContent-Length: 0\r\n\r\n", 302, b""),
        (b"HTTP/1.1 204 No\r\nContent-Length: 300000000\r\n\r\n", 204, b""),
        (b"HTTP/1.1 304 Same\r\nContent-Length: 300000000\r\n\r\n", 304, b""),
        (b"HTTP/1.1 200 \r\ncontent-length:4\r\n\r\ngood", 200, b"good"),
        (b"HTTP/1.1 200\r\nContent-Length: 4 \t\r\n\r\ngood", 200, b"good"),
        (b"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Hint\r\nETag: 1\r\n\r\n" + OK, 200, b"good"),
        (CHUNKED + b"2;a=b\r\ngo\r\n2\r\nod\r\n0\r\nETag: late\r\n\r\n", 200, b"good"),
        (HEAD + b"transfer-encoding: CHUNKED\r\n\r\n004\r\ngood\r\n0\r\n\r\n", 200, b"good"),
        (HEAD + b'ETag: "1"\r\nETag: "1"\r\nContent-Length: 4\r\n\r\ngood', 200, b"good"),
        (HEAD + b'ETag: \t"1" \t \r\nContent-Length: 4\r\n\r\ngood', 200, b"good"),
        (HEAD + b"X: \xe4\r\nContent-Length: 4\r\n\r\ngood", 200, b"good"),
    ],
)  # fmt: skip
def test_what_is_odd_and_right(reply: bytes, status: int, body: bytes) -> None:
    """The answer is used, and so is the connection, for the next request."""
    with scripted_server(answering(reply, OK)) as server:
        client = Client(server.url, timeout=PATIENCE)
        found = client.send("GET", "/", {})
        assert (found.status, found.body) == (status, body)
        assert found.headers.get("etag") in {None, '"1"'}, "neither late nor with a space"
        assert client.send("GET", "/next", {}).body == b"good"
        assert server.connections == 1
        client.close()


@pytest.mark.parametrize(
    ("reply", "method", "body"),
    [
        (OK + b"HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nevil", "GET", b"good"),
        (OK + b"evil", "GET", b"good"),
        (OK + b"H", "GET", b"good"),
        (HEAD + b"Connection: close\r\nContent-Length: 4\r\n\r\ngoodHTTP/1.1", "GET", b"good"),
        (HEAD + b"Content-Length: 4\r\n\r\nevil", "HEAD", b""),
        (CHUNKED + b"4\r\nevil\r\n0\r\n\r\n", "HEAD", b""),
        (b"HTTP/1.1 204 No\r\nContent-Length: 4\r\n\r\nevil", "GET", b""),
        (b"HTTP/1.0 200 OK\r\nContent-Length: 4\r\n\r\ngood", "GET", b"good"),
        (HEAD + b"Connection: close\r\nContent-Length: 4\r\n\r\ngood", "GET", b"good"),
    ],
)  # fmt: skip
def test_what_comes_behind_an_answer_is_never_another(
    reply: bytes, method: str, body: bytes
) -> None:
    with scripted_server(says(reply), answering(OK)) as server:
        client = Client(server.url, timeout=PATIENCE)
        assert client.send(method, "/", {}).body == body
        assert not client._kept
        assert client.send("GET", "/next", {}).body == b"good"
        assert server.connections == 2
        client.close()


def test_an_error_page_may_end_with_the_connection() -> None:
    with scripted_server(ends(b"HTTP/1.1 502 Bad\r\n\r\n<html>")) as server:
        found = Client(server.url, timeout=PATIENCE).send("GET", "/", {})
    assert (found.status, found.body) == (502, b"<html>")
