"""Requests that are cut off, by a deadline of the caller, wherever they are at the time."""

from __future__ import annotations

import socket
import sys
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, contextmanager
from typing import Any

import pytest
from pydantic import SecretStr

from ingenious_storage import OperationTimeoutError, StorageError, deadline
from ingenious_storage.backends.base import Backend
from ingenious_storage.config.azure.account import AzureAccount, CredentialKind
from ingenious_storage.layers.retry import RetryLayer
from ingenious_storage.runtime import deadlines
from tests.support.azure import Driver, account_of
from tests.support.polling import eventually, with_time_enough
from tests.support.servers.azurite import Azurite

TIMEOUT = 60.0
"""Of the store; whatever ends before half of it was cut off."""

Talk = Callable[[socket.socket], None]


def silence(_connection: socket.socket) -> None:
    """Never a word."""


def drops(connection: socket.socket) -> None:
    """A body that comes byte by byte: no read of the socket times out."""
    connection.recv(65536)
    connection.sendall(
        b"HTTP/1.1 200 OK\r\nContent-Length: 100000\r\nContent-Range: bytes 0-99999/100000\r\n"
        b'Last-Modified: Thu, 01 Jan 2026 00:00:00 GMT\r\nETag: "1"\r\n\r\n'
    )
    while True:
        connection.sendall(b"x")
        time.sleep(0.02)


def head_in_drops(connection: socket.socket) -> None:
    connection.recv(65536)
    connection.sendall(b"HTTP/1.1 200 OK\r\nX-Slow: ")
    while True:
        connection.sendall(b"x")
        time.sleep(0.02)


@contextmanager
def server(talk: Talk) -> Iterator[int]:
    held: list[socket.socket] = []

    def answer(connection: socket.socket) -> None:
        try:
            talk(connection)
        except OSError:
            connection.close()

    def accept() -> None:
        while True:
            try:
                held.append(listener.accept()[0])
            except OSError:
                return
            threading.Thread(target=answer, args=(held[-1],), daemon=True).start()

    with socket.create_server(("127.0.0.1", 0)) as listener:
        threading.Thread(target=accept, daemon=True).start()
        yield listener.getsockname()[1]
        listener.shutdown(socket.SHUT_RDWR)
    for connection in held:
        connection.close()


@contextmanager
def full_queue() -> Iterator[int]:
    """A port whose connections are never made: as behind a firewall that drops packets."""
    with socket.create_server(("127.0.0.1", 0), backlog=0) as listener:
        waiting = [socket.socket() for _ in range(3)]
        for each in waiting:
            each.setblocking(False)
            each.connect_ex(listener.getsockname())
        yield listener.getsockname()[1]
        for each in waiting:
            each.close()


def backend(driver: Driver, port: int, *, scheme: str = "http") -> Backend:
    account = AzureAccount(
        account_url=f"{scheme}://127.0.0.1:{port}/canned",
        account_name="canned",
        credential=CredentialKind.ACCOUNT_KEY,
        account_key=SecretStr("c2VjcmV0"),
        timeout=TIMEOUT,
    )
    return driver(account, "c")


def cut(
    call: Callable[[Backend], object], store: Backend, seconds: float = 0.5
) -> OperationTimeoutError:
    """How `call` ends when its caller gives it so many seconds."""
    began = time.monotonic()
    with closing(store), deadline(seconds), pytest.raises(OperationTimeoutError) as caught:
        call(RetryLayer(store))
    assert 0.4 < time.monotonic() - began < TIMEOUT / 2
    return caught.value


CALLS: dict[str, Callable[[Backend], Any]] = {
    "get": lambda store: store.get("k"),
    "list": lambda store: store.list(),
    "put": lambda store: store.put("k", b"x"),
    "delete": lambda store: store.delete("k"),
}


@pytest.mark.parametrize("operation", CALLS)
def test_a_store_that_accepts_and_never_answers(driver: Driver, operation: str) -> None:
    def met(seconds: float) -> OperationTimeoutError:
        with server(silence) as port:
            error = cut(CALLS[operation], backend(driver, port), seconds)
        assert f"the deadline of {seconds:g} s, given by its caller, has passed" in error.message
        return error

    writes = operation in ("put", "delete")
    error = with_time_enough(met, lambda error: error.outcome_unknown or not writes, seconds=0.5)
    assert error.outcome_unknown == writes
    assert not error.retryable


@pytest.mark.parametrize("talk", [drops, head_in_drops])
def test_an_answer_that_never_ends(driver: Driver, talk: Talk) -> None:
    with server(talk) as port:
        assert not cut(CALLS["get"], backend(driver, port)).outcome_unknown


def test_a_handshake_that_never_ends(driver: Driver) -> None:
    with server(silence) as port:
        cut(CALLS["put"], backend(driver, port, scheme="https"))


@pytest.mark.skipif(sys.platform != "linux", reason="the queue of a port differs")
def test_a_connection_that_is_never_made(driver: Driver) -> None:
    with full_queue() as port:
        assert not cut(CALLS["put"], backend(driver, port)).outcome_unknown  # nothing was sent


def test_a_caller_that_gives_up_in_another_thread(driver: Driver) -> None:
    ends: list[OperationTimeoutError] = []
    with (
        server(silence) as port,
        closing(backend(driver, port)) as store,
        deadlines.opened() as scope,
    ):

        def call() -> None:
            with pytest.raises(OperationTimeoutError) as caught:
                RetryLayer(store).get("k")
            ends.append(caught.value)

        thread = threading.Thread(target=scope.context().run, args=(call,))
        thread.start()
        threading.Timer(0.3, scope.expire).start()
        thread.join(TIMEOUT / 2)
    assert "its caller has given up waiting" in ends[0].message


def test_what_others_have_under_way_is_left_alone(
    driver: Driver, azurite: Azurite, container_name: str
) -> None:
    """Connections are shared: one that is cut off must not be anybody else's by then."""
    with closing(driver(account_of(azurite), container_name)) as store:
        store.ensure_container()
        store.put("k", b"v" * 100)
        over, done = threading.Event(), Counter[str]()

        def patient() -> None:
            while not over.is_set():
                assert store.get("k").data == b"v" * 100
                done["good"] += 1

        def hasty(number: int) -> None:
            while not over.is_set():
                number = (number * 7 + 3) % 11
                try:
                    with deadline(number / 2000):
                        store.get("k")
                except StorageError:
                    done["bad"] += 1

        with ThreadPoolExecutor(8) as pool:
            good = [pool.submit(patient) for _ in range(4)]
            bad = [pool.submit(hasty, number) for number in range(4)]
            try:
                eventually(lambda: done["good"] > 100 and done["bad"] > 20, within=60)
            finally:
                over.set()
            for each in (*good, *bad):
                each.result(30)
