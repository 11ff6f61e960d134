"""Client: connections that are kept, shared, dropped and counted; nothing is sent twice."""

from __future__ import annotations

import gc
import socket
import ssl
import threading
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from types import SimpleNamespace
from typing import Any

import pytest

from ingenious_storage.http import client as client_module
from ingenious_storage.http import connection as connection_module
from ingenious_storage.http.answers import Answer
from ingenious_storage.http.client import Client
from ingenious_storage.http.connection import Connection
from ingenious_storage.http.dialing import Dialing
from ingenious_storage.http.errors import Failure, HttpError
from ingenious_storage.http.sockets import PlainSocket, TlsSocket
from ingenious_storage.http.trust import Trust
from ingenious_storage.runtime import deadlines
from tests.support.authority import Authority
from tests.support.hostile import HEAD, HOSTILE, Hostile, says
from tests.support.polling import eventually
from tests.support.servers.scripted import OK, Peer, answering, scripted_server


@pytest.fixture
def calls(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """What is done on sockets of the HTTP path."""
    made: list[str] = []

    def counted(kind: type, name: str) -> None:
        real = getattr(kind, name)

        def call(*arguments: Any) -> Any:
            made.append(name)
            return real(*arguments)

        monkeypatch.setattr(kind, name, call)

    for kind in (PlainSocket, TlsSocket):
        for name in ("connect", "send", "sendall", "recv", "recv_into", "settimeout", "close"):
            counted(kind, name)
    return made


@pytest.mark.parametrize("is_secure", [False, True])
@pytest.mark.parametrize(("method", "size"), [("GET", 0), ("PUT", 4096), ("PUT", 100_000)])
def test_one_send_and_one_recv(
    calls: list[str], authority: Authority, is_secure: bool, method: str, size: int
) -> None:
    reply = HEAD + b"Content-Length: 4096\r\n\r\n" + bytes(4096)
    context = authority.server() if is_secure else None
    with scripted_server(answering(reply), context=context) as server:
        client = Client(server.url, timeout=30, trust=Trust(authority.file))
        for _ in range(3):
            calls.clear()
            assert client.send(method, "/", {}, bytes(size)).body == bytes(4096)
        # A plain send may take a part of what is longer than its buffer.
        sends = [name for name in calls if name == "send"]
        assert len(sends) == 1 if size < 65536 else len(sends) <= 3
        assert [name for name in calls if name != "send"] == ["recv"]
        assert server.connections == 1
        client.close()


def test_many_threads_have_a_connection_each_at_most() -> None:
    def slow(peer: Peer) -> None:
        while peer.read_request():
            peer.wait(0.002)
            peer.send(OK)

    with scripted_server(slow) as server, ThreadPoolExecutor(8) as pool:
        client = Client(server.url, timeout=30)
        futures = [pool.submit(client.send, "GET", "/", {}) for _ in range(200)]
        assert {future.result(30).body for future in futures} == {b"good"}
        assert server.connections <= 8
        assert len(client._kept) == server.connections
        client.close()
        assert not client._kept


def test_a_connection_that_the_server_has_closed_is_found_before_it_is_used() -> None:
    def once(peer: Peer) -> None:
        peer.read_request()
        peer.send(OK)

    with scripted_server(once) as server:
        client = Client(server.url, timeout=20)
        for turn in range(1, 6):
            assert client.send("PUT", "/", {}, b"x").body == b"good"
            assert eventually(lambda: client._kept[0].is_stale(60))
            assert server.connections == turn
        assert len(server.requests) == 5
        client.close()


def test_what_comes_later_is_no_answer_of_another_request() -> None:
    answered = threading.Event()

    def talks_on(peer: Peer) -> None:
        peer.read_request()
        peer.send(OK)
        assert answered.wait(20)
        peer.send(OK.replace(b"good", b"evil"))
        peer.wait()

    with scripted_server(talks_on, answering(OK)) as server:
        client = Client(server.url, timeout=20)
        client.send("GET", "/", {})
        answered.set()
        assert eventually(lambda: client._kept[0].is_stale(60))
        assert client.send("GET", "/", {}).body == b"good"
        assert server.connections == 2
        client.close()


class Ticket:
    """A TLS socket to which a record came that holds no data; Python's servers send none late."""

    def __init__(self, sock: socket.socket) -> None:
        self.fileno = sock.fileno
        self.timeouts: list[float | None] = []
        self.settimeout = self.timeouts.append

    def recv(self, _size: int) -> bytes:
        raise ssl.SSLWantReadError


def test_a_record_of_tls_itself_does_not_make_a_connection_stale() -> None:
    here, there = socket.socketpair()
    with here, there:
        wire: Any = Ticket(here)
        connection = Connection(wire)
        assert not connection.is_stale(60)
        assert wire.timeouts == []
        there.sendall(b"ticket")
        assert not connection.is_stale(60)
        assert wire.timeouts == [0]
        wire.recv = lambda _: b"x"
        assert connection.is_stale(60)


def test_a_send_that_fails_at_once_has_sent_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    """The look said that the connection is good, and it was not any more at the send."""

    answered = threading.Event()

    def resets(peer: Peer) -> None:
        peer.read_request()
        peer.send(OK)
        assert answered.wait(20)
        peer.reset()

    with scripted_server(resets) as server:
        client = Client(server.url, timeout=20)
        client.send("GET", "/", {})
        answered.set()
        kept = client._kept[0]
        assert eventually(lambda: kept.is_stale(60))
        monkeypatch.setattr(kept, "is_stale", lambda _: False)
        with pytest.raises(HttpError) as caught:
            client.send("PUT", "/", {}, b"x")
    assert (caught.value.failure, caught.value.sent) == (Failure.CLOSED, False)
    assert caught.value.host == f"127.0.0.1:{server.port}"
    assert not client._kept


def test_an_end_instead_of_an_answer_may_have_been_one(monkeypatch: pytest.MonkeyPatch) -> None:
    """A close that crosses the request looks as a peer does that read it and broke down."""

    def closes(peer: Peer) -> None:
        peer.read_request()
        peer.send(OK)

    with scripted_server(closes) as server:
        client = Client(server.url, timeout=20)
        client.send("GET", "/", {})
        kept = client._kept[0]
        assert eventually(lambda: kept.is_stale(60))
        monkeypatch.setattr(kept, "is_stale", lambda _: False)
        with pytest.raises(HttpError) as caught:
            client.send("PUT", "/", {}, b"x")
    assert (caught.value.failure, caught.value.sent) == (Failure.CLOSED, True)


def test_old_connections_are_not_used(monkeypatch: pytest.MonkeyPatch) -> None:
    clock = [0.0]
    monkeypatch.setattr(connection_module, "time", SimpleNamespace(monotonic=lambda: clock[0]))
    with scripted_server() as server:
        client = Client(server.url, timeout=20)
        for age, connections in (
            (0, 1),
            (client_module.MAX_IDLE - 1, 1),
            (client_module.MAX_IDLE + 1, 2),
        ):
            clock[0] += age
            client.send("GET", "/", {})
            assert server.connections == connections
        client.close()


def test_those_that_nobody_needs_any_more_are_closed(monkeypatch: pytest.MonkeyPatch) -> None:
    """The last that came is the next to go, so that the others would stay, and the server's too."""
    clock = [0.0]
    monkeypatch.setattr(connection_module, "time", SimpleNamespace(monotonic=lambda: clock[0]))
    ready = threading.Barrier(8)

    def together(peer: Peer) -> None:
        peer.read_request()
        ready.wait(20)
        peer.send(OK)
        answering(OK)(peer)

    with scripted_server(together) as server, ThreadPoolExecutor(8) as pool:
        client = Client(server.url, timeout=30)
        for future in [pool.submit(client.send, "GET", "/", {}) for _ in range(8)]:
            future.result(30)
        assert len(client._kept) == 8
        for _ in range(10):
            clock[0] += client_module.MAX_IDLE / 2
            client.send("GET", "/", {})
        assert len(client._kept) == 1
        assert server.connections == 8
        client.close()


def test_a_client_that_was_closed_meanwhile_keeps_nothing() -> None:
    def slow(peer: Peer) -> None:
        peer.read_request()
        peer.wait(0.2)
        peer.send(OK)
        peer.wait()

    with scripted_server(slow) as server, ThreadPoolExecutor(1) as pool:
        client = Client(server.url, timeout=20)
        under_way = pool.submit(client.send, "GET", "/", {})
        assert eventually(lambda: server.requests)
        client.close()
        assert under_way.result(10).body == b"good"
        assert not client._kept


@pytest.mark.parametrize("row", [None, HOSTILE[0], HOSTILE[-1]], ids=["good", "bad", "late"])
def test_nothing_is_left_for_the_garbage_collector(row: Hostile | None) -> None:
    """Bodies would live as long as what only it can free."""
    with scripted_server(answering(OK) if row is None else row.talk) as server:
        client = Client(server.url, timeout=0.3)
        gc.collect()
        gc.disable()
        try:
            for _ in range(3):
                with suppress(HttpError):
                    client.send("GET", "/", {})
            left = [each for each in gc.get_objects() if isinstance(each, Answer | Dialing)]
        finally:
            gc.enable()
        client.close()
    assert left == []


def test_nothing_is_sent_twice() -> None:
    with scripted_server(says(b"")) as server, deadlines.opened() as scope:
        client = Client(server.url, timeout=20)

        def give_up() -> None:
            eventually(lambda: server.requests)
            scope.expire()

        thread = threading.Thread(target=give_up)
        thread.start()
        with pytest.raises(HttpError):
            client.send("PUT", "/", {}, b"x")
        thread.join()
        assert len(server.requests) == server.connections == 1
