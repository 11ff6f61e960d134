"""Bodies: long ones, slow ones, and those that nobody reads or has room for."""

from __future__ import annotations

import sys
import time
from contextlib import suppress

import pytest

from ingenious_storage.http import bodies
from ingenious_storage.http.client import Client
from ingenious_storage.http.errors import Failure, HttpError
from ingenious_storage.http.sockets import PlainSocket
from ingenious_storage.http.trust import Trust
from tests.support.authority import Authority
from tests.support.hostile import HEAD
from tests.support.polling import with_time_enough
from tests.support.servers.scripted import OK, Peer, answering, scripted_server


@pytest.mark.parametrize("is_secure", [False, True])
@pytest.mark.parametrize("closes", [False, True])
def test_an_answer_before_the_whole_request_is_used(
    authority: Authority, is_secure: bool, closes: bool
) -> None:
    """A store refuses a large body when it has read the head, and reads no further."""

    def refuses(peer: Peer) -> None:
        peer.read_head()
        peer.send(b"HTTP/1.1 413 Large\r\nContent-Length: 5\r\n\r\nlarge")
        if not closes:
            peer.wait()

    context = authority.server() if is_secure else None
    with scripted_server(refuses, answering(OK), context=context) as server:
        client = Client(server.url, timeout=20, trust=Trust(authority.file))
        began = time.monotonic()
        found = client.send("PUT", "/", {}, bytes(30_000_000))
        assert time.monotonic() - began < 10
        assert (found.status, found.body) == (413, b"large")
        assert not client._kept
        assert client.send("GET", "/", {}).body == b"good"
        client.close()


@pytest.mark.parametrize("is_secure", [False, True])
def test_a_peer_that_reads_slowly_gets_all(authority: Authority, is_secure: bool) -> None:
    """It reads nothing for longer than patience lasts, and has not answered."""
    body = bytes(range(256)) * 60_000

    def reads_later(peer: Peer) -> None:
        peer.wait(1.3)
        answering(OK)(peer)

    context = authority.server() if is_secure else None
    with scripted_server(reads_later, context=context) as server:
        client = Client(server.url, timeout=20, trust=Trust(authority.file))
        assert client.send("PUT", "/", {}, body).body == b"good"
        client.close()
    assert server.requests[0].endswith(b"\r\n\r\n" + body)


def test_a_peer_that_reads_nothing_ends_in_time() -> None:
    def never(peer: Peer) -> None:
        peer.wait()

    def met(seconds: float) -> HttpError:
        with scripted_server(never) as server:
            client = Client(server.url, timeout=seconds)
            began = time.monotonic()
            with pytest.raises(HttpError) as caught:
                # Its size alone would allow minutes.
                client.send("PUT", "/", {}, bytes(30_000_000))
            assert time.monotonic() - began < 50
        return caught.value

    error = with_time_enough(met, lambda error: error.sent, seconds=0.5)
    assert (error.failure, error.sent) == (Failure.TIMEOUT, True)


def test_what_a_sink_raises_is_not_taken_for_a_broken_connection() -> None:
    def full(_piece: bytes) -> None:
        raise OSError(28, "No space left on device")

    with scripted_server(answering(OK), answering(OK)) as server:
        client = Client(server.url, timeout=20)
        with pytest.raises(OSError, match="No space left") as caught:
            client.send("GET", "/", {}, sink=full)
        assert type(caught.value) is OSError
        assert not client._kept
        assert client.send("GET", "/", {}).body == b"good"
        assert server.connections == 2
        client.close()


def test_a_large_answer_arrives_whole() -> None:
    body = bytes(range(256)) * 160_000  # longer than what is set aside at once
    with scripted_server(
        answering(HEAD + b"Content-Length: %d\r\n\r\n" % len(body) + body)
    ) as server:
        client = Client(server.url, timeout=30)
        for _ in range(2):
            assert client.send("GET", "/", {}, limit=len(body)).body == body
        assert server.connections == 1
        client.close()


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux wakes a reader so late")
def test_few_calls_read_a_long_body(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whatever the network gives at a time; and what follows is read at once again."""
    monkeypatch.setattr(bodies, "_PATIENCE", 60.0)
    calls: list[int] = []
    real = PlainSocket.recv

    def recv(sock: PlainSocket, size: int) -> bytes:
        calls.append(size)
        return real(sock, size)

    monkeypatch.setattr(PlainSocket, "recv", recv)

    def in_pieces(peer: Peer) -> None:
        peer.read_request()
        peer.send(HEAD + b"Content-Length: 4000000\r\n\r\n")
        for _ in range(80):
            peer.send(bytes(50_000))
            peer.wait(0.001)
        answering(OK)(peer)

    with scripted_server(in_pieces) as server:
        client = Client(server.url, timeout=60)
        assert client.send("GET", "/", {}, limit=4_000_000).body == bytes(4_000_000)
        # Of the head and what came with it; of 1 MiB each; of the rest.
        assert len(calls) <= 1 + 4 + 3
        assert client.send("GET", "/", {}).body == b"good"
        assert server.connections == 1
        client.close()


def test_a_long_body_that_comes_slowly_is_read_as_it_comes(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(bodies, "_PATIENCE", 0.01)

    def slow(peer: Peer) -> None:
        peer.read_request()
        peer.send(HEAD + b"Content-Length: 400000\r\n\r\n" + bytes(50_000))
        for _ in range(7):
            peer.wait(0.03)
            peer.send(bytes(50_000))
        answering(OK)(peer)

    with scripted_server(slow) as server:
        client = Client(server.url, timeout=30)
        assert client.send("GET", "/", {}).body == bytes(400_000)
        assert client.send("GET", "/", {}).body == b"good"
        assert server.connections == 1
        client.close()


@pytest.mark.parametrize("is_streamed", [False, True])
def test_a_body_gets_time_by_its_size(is_streamed: bool) -> None:
    """What comes at a fair rate is not cut off after `timeout`, and what does not is."""

    def received(seconds: float) -> int:
        def steady(peer: Peer) -> None:
            peer.read_request()
            peer.send(HEAD + b"Content-Length: 600000\r\n\r\n")
            for _ in range(10):
                peer.send(bytes(60_000))
                peer.wait(seconds / 8)

        with scripted_server(steady) as server:
            client = Client(server.url, timeout=seconds)
            pieces: list[bytes] = []
            body = b""
            with suppress(HttpError):  # this machine took as long by itself
                sink = pieces.append if is_streamed else None
                body = client.send("GET", "/", {}, sink=sink).body
            client.close()
        return len(body) + sum(map(len, pieces))

    assert with_time_enough(received, lambda count: count == 600_000, seconds=0.8) == 600_000
