"""Clients that keep `health serve` waiting: dropped, bounded, told once, and nobody else waits."""

from __future__ import annotations

import logging
import resource
import signal
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from http.client import HTTPResponse
from pathlib import Path
from typing import Self
from urllib.parse import urlsplit

import pytest

from ingenious_ops.health import asgi_app
from ingenious_ops.listening import server
from ingenious_ops.listening.addresses import listen, url_of
from ingenious_ops.listening.connections import LOGGER, Limits, usual_limits
from ingenious_storage import Storage
from tests.ops.cli.harness import Cli
from tests.ops.health.serving import fetch, serving
from tests.support.polling import eventually

HALF = b"GET /readyz HTTP/1.1\r\nHost: x\r\nX-a: "
PIPELINED = b"GET /livez HTTP/1.1\r\nHost: x\r\n\r\n" + HALF
BODY = b"GET /livez HTTP/1.1\r\nHost: x\r\nContent-Length: 1000\r\n\r\n"


@contextmanager
def attack(url: str, count: int, sent: bytes = HALF) -> Iterator[list[socket.socket]]:
    """So many connections that each have sent this much."""
    parts = urlsplit(url)
    assert parts.hostname
    assert parts.port
    with ExitStack() as all_of_them:
        sockets = []
        for _ in range(count):
            one = all_of_them.enter_context(
                socket.create_connection((parts.hostname, parts.port), timeout=100)
            )
            sockets.append(one)
            with suppress(ConnectionError):  # dropped before it could
                one.sendall(sent)
        yield sockets


def is_open(one: socket.socket) -> bool:
    one.setblocking(False)
    try:
        while one.recv(65_536):
            pass
    except BlockingIOError:
        return True
    except ConnectionError:
        pass
    return False


def is_alive(url: str) -> bool:
    """False for a client that was too slow itself."""
    with suppress(OSError):
        return fetch(f"{url}/livez")[0] == 200
    return False


def ask(one: socket.socket) -> int:
    """The status of an answer on this connection."""
    one.setblocking(True)
    one.sendall(b"GET /livez HTTP/1.1\r\nHost: x\r\n\r\n")
    with HTTPResponse(one) as answer:
        answer.begin()
        answer.read()
        return answer.status


@pytest.mark.parametrize(("clients", "descriptors"), [(300, 200), (900, 1024), (300, 72)])
def test_half_a_request_from_many(cli: Cli, clients: int, descriptors: int) -> None:
    """As ran into before: no descriptor was left, and the log grew by 3 MB a second."""
    cli("containers", "ensure")
    with serving(cwd=cli.folder, descriptors=descriptors) as running:
        running.becomes("/readyz", 200)
        with attack(running.url, clients) as sockets:
            for path in ("/livez", "/readyz", "/metrics", "/livez"):
                began = time.monotonic()
                assert running.status(path) == 200
                assert time.monotonic() - began < 25
            open_ones = sum(map(is_open, sockets))
            assert 0 < open_ones <= min(256, max(8, descriptors - 64))
            files = Path(f"/proc/{running.process.pid}/fd")
            if files.exists():
                assert len(list(files.iterdir())) < descriptors
            began = time.monotonic()
            running.process.send_signal(signal.SIGTERM)
            out, err = running.process.communicate(timeout=200)
            assert time.monotonic() - began < 20
    assert (running.process.returncode, out) == (0, b"")
    [line] = err.decode().splitlines()
    assert " slow or too many clients: connections are dropped (1 so far; at most " in line


class Served:
    """In a thread of this process, so that its limits can be short."""

    def __init__(self, storage: Storage, limits: Limits) -> None:
        self._listener = listen("127.0.0.1", 0)
        self.url = url_of(self._listener)
        self.host, self.port = self._listener.getsockname()[:2]
        app = asgi_app(storage)
        self._server = server.make_server(app, limits)
        self._thread = threading.Thread(
            target=self._server.run, kwargs={"sockets": [self._listener]}, daemon=True
        )

    def __enter__(self) -> Self:
        self._thread.start()
        eventually(lambda: self._server.started)
        return self

    def __exit__(self, *_: object) -> None:
        self._server.should_exit = True
        self._thread.join(20)
        assert not self._thread.is_alive()
        self._listener.close()

    def connect(self, sent: bytes = b"") -> socket.socket:
        one = socket.create_connection((self.host, self.port), timeout=100)
        one.sendall(sent)
        return one


@pytest.mark.parametrize(
    ("sent", "told"),
    [(HALF, 1), (PIPELINED, 1), (BODY, 1), (b"GET", 1), (b"", 0)],
    ids=["header", "second header", "body", "line", "nothing"],
)
def test_a_client_that_keeps_it_waiting_is_dropped(
    storage: Storage, caplog: pytest.LogCaptureFixture, sent: bytes, told: int
) -> None:
    limits = Limits(100, timeout=0.3, idle=60)
    with Served(storage, limits) as running, running.connect(sent) as slow:
        eventually(lambda: not is_open(slow))
        eventually(lambda: is_alive(running.url))
    assert len([one for one in caplog.records if one.name == LOGGER]) == told


def test_a_client_that_sends_on_and_on_is_dropped(storage: Storage) -> None:
    """Each byte is a sign of life, and none an excuse."""
    with (
        Served(storage, Limits(100, timeout=0.5, idle=60)) as running,
        running.connect(HALF) as drip,
    ):

        def drops() -> bool:
            try:
                drip.sendall(b"a")
            except ConnectionError:
                return True
            return not is_open(drip)

        eventually(drops)


def test_a_client_that_asks_in_time_may_stay(storage: Storage) -> None:
    with Served(storage, Limits(100, timeout=3, idle=60)) as running, running.connect() as one:
        began = time.monotonic()
        while time.monotonic() - began < 4:
            assert ask(one) == 200


def test_who_was_answered_longest_ago_goes_first(storage: Storage) -> None:
    with Served(storage, Limits(3, timeout=60, idle=60)) as running, ExitStack() as stack:
        first, second, third = (stack.enter_context(running.connect()) for _ in range(3))
        for one in (first, second, third, first):
            assert ask(one) == 200
        stack.enter_context(running.connect(HALF))
        eventually(lambda: not is_open(second))
        assert is_open(first)
        assert is_open(third)


def test_an_idle_client_is_closed_in_silence(
    storage: Storage, caplog: pytest.LogCaptureFixture
) -> None:
    with Served(storage, Limits(100, timeout=60, idle=1)) as running, running.connect() as one:
        assert ask(one) == 200
        eventually(lambda: not is_open(one))
    assert [record.getMessage() for record in caplog.records] == []


@pytest.mark.parametrize(
    ("sent", "status"),
    [
        (b"GET /readyz HTTP/1.1\r\nHost: x\r\nX: " + b"a" * 200_000 + b"\r\n\r\n", b"431"),
        (b"GET /" + b"a" * 200_000 + b" HTTP/1.1\r\nHost: x\r\n\r\n", b"414"),
        (b"\x16\x03\x01\x02\x00\x01\r\n\r\n", b"400"),
        (b"GET /livez HTTP/1.1\r\n\r\n", b"400"),
        (b"GET /livez HTTP/1.1\r\nHost: x\r\nHost: y\r\n\r\n", b"400"),
        (
            b"GET /livez HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\nContent-Length: 6\r\n\r\n",
            b"400",
        ),
        (b"GET /livez HTTP/1.0\r\n\r\n", b"200"),
    ],
    ids=["header", "url", "TLS", "no host", "two hosts", "two lengths", "HTTP/1.0"],
)
def test_an_invalid_request_is_answered_without_a_line_in_the_log(
    storage: Storage, caplog: pytest.LogCaptureFixture, sent: bytes, status: bytes
) -> None:
    with Served(storage, usual_limits()) as running, running.connect() as one:
        with suppress(ConnectionError):  # refused before the end of it
            one.sendall(sent)
        try:
            answered = one.recv(65_536)
        except ConnectionResetError:  # it had more to say when it was refused
            answered = b"HTTP/1.1 " + status
        assert answered.startswith(b"HTTP/1.1 " + status)
        assert fetch(f"{running.url}/livez")[0] == 200
    assert [one for one in caplog.records if one.levelno > logging.INFO] == []


def test_out_of_descriptors_all_the_same(cli: Cli, tmp_path: Path) -> None:
    """Something else in the process takes them: half of the connections go, in one line."""
    cli("containers", "ensure")
    with serving(cwd=cli.folder) as running:
        running.becomes("/readyz", 200)
        with attack(running.url, 100):
            pid = running.process.pid
            eventually(lambda: len(list(Path(f"/proc/{pid}/fd").iterdir())) > 100)
            resource.prlimit(pid, resource.RLIMIT_NOFILE, (60, 60))
            assert eventually(lambda: running.status("/livez")) == 200
        running.process.terminate()
        _, err = running.process.communicate(timeout=200)
    assert len(err.decode().splitlines()) == 1
    assert b"Traceback" not in err


def test_the_bound_fits_the_limit_of_descriptors(monkeypatch: pytest.MonkeyPatch) -> None:
    found = {}
    for soft in (20, 100, 200, 1024, 1_048_576, resource.RLIM_INFINITY):
        monkeypatch.setattr(resource, "getrlimit", lambda _, soft=soft: (soft, soft))
        found[soft] = usual_limits().connections
    assert list(found.values()) == [8, 36, 136, 256, 256, 256]
