"""Requests that are cut off, by a deadline, by a caller that gives up, or by Ctrl-C."""

from __future__ import annotations

import signal
import sys
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from types import FrameType
from typing import Any

import pytest

from ingenious_storage import deadline
from ingenious_storage.http.client import Client
from ingenious_storage.http.dialing import Dialing
from ingenious_storage.http.errors import Failure, HttpError
from ingenious_storage.http.places import Place
from ingenious_storage.http.waiting import Waiting
from tests.library.http.phases import PHASES, TIMEOUT, hanging
from tests.support.authority import Authority
from tests.support.polling import eventually, with_time_enough
from tests.support.servers.scripted import Peer, scripted_server

LINUX = pytest.mark.skipif(sys.platform != "linux", reason="the queue of a port differs")


@LINUX
@pytest.mark.parametrize("name", PHASES)
def test_a_deadline_cuts_it_off(
    name: str, authority: Authority, monkeypatch: pytest.MonkeyPatch
) -> None:
    def cut_off(seconds: float) -> HttpError:
        with hanging(name, authority, monkeypatch) as client:
            began = time.monotonic()
            with deadline(seconds), pytest.raises(HttpError) as caught:
                client.send("PUT", "/", {}, PHASES[name].body, limit=1 << 30)
            assert 0.25 < time.monotonic() - began < TIMEOUT / 2
        assert not client._kept
        return caught.value

    # A request that is to be sent by then needs time for a handshake.
    sent = PHASES[name].sent
    error = with_time_enough(
        cut_off, lambda error: error.sent or not sent, seconds=0.6 if sent else 0.3
    )
    assert error.sent is sent


@pytest.fixture
def interrupt() -> Iterator[threading.Timer]:
    """Ctrl-C, after a moment."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    main = threading.main_thread().ident
    assert main is not None
    timer = threading.Timer(0.3, signal.pthread_kill, (main, signal.SIGINT))
    yield timer
    timer.cancel()
    signal.signal(signal.SIGINT, before)


@LINUX
@pytest.mark.parametrize("name", PHASES)
def test_ctrl_c_ends_it_at_once(
    name: str, authority: Authority, monkeypatch: pytest.MonkeyPatch, interrupt: threading.Timer
) -> None:
    with hanging(name, authority, monkeypatch) as client:
        began = time.monotonic()
        with pytest.raises(KeyboardInterrupt):  # noqa: PT012  # it may come before the call
            interrupt.start()
            client.send("PUT", "/", {}, PHASES[name].body, limit=1 << 30)
        assert time.monotonic() - began < TIMEOUT / 2
    assert not client._kept


def test_what_was_cut_before_it_began_connects_nowhere() -> None:
    with scripted_server() as server:
        dialing = Dialing(Waiting(5))
        dialing.cut()
        with pytest.raises(HttpError) as caught:
            dialing.connect(
                Place("127.0.0.1", server.port), is_secure=False, proxy=None, context=None
            )
        assert (caught.value.failure, caught.value.sent) == (Failure.CLOSED, False)
    assert server.connections == 0


def echo(peer: Peer) -> None:
    """Each answer holds the path of its request, in chunks so that the parser has most to do."""
    while request := peer.read_request():
        path = request.split()[1]
        peer.send(
            b"HTTP/1.1 200 OK\r\nX-A: b\r\nTransfer-Encoding: chunked\r\n\r\n"
            + b"%x\r\n%b\r\n0\r\n\r\n" % (len(path), path)
        )


class Interrupt:
    """Raises KeyboardInterrupt at the n-th line of the HTTP path that is run."""

    def __init__(self, at: int) -> None:
        self.left = at

    def __call__(self, frame: FrameType, event: str, argument: Any) -> Any:
        code = frame.f_code
        # A trace function can raise between the end of a `with lock:` and its release; no signal
        # can: Python looks for them after that call.
        if "/ingenious_storage/http/" not in code.co_filename or code.co_name == "_tls":
            return None
        if event == "line":
            self.left -= 1
            if self.left == 0:
                raise KeyboardInterrupt
        return self


@pytest.mark.parametrize("is_secure", [False, True])
def test_an_interrupt_at_any_line_leaves_no_half_answer(
    authority: Authority, monkeypatch: pytest.MonkeyPatch, is_secure: bool
) -> None:
    """A warning of an open socket would fail this test too."""
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", authority.file)
    before = sys.gettrace()
    with scripted_server(echo, context=authority.server() if is_secure else None) as server:
        client = Client(server.url, timeout=20)
        interrupted = 0
        for fresh in (True, False):
            for line in range(1, 10_000, 4 if is_secure else 1):  # a handshake takes time
                if fresh:
                    client.close()
                else:
                    client.send("GET", "/before", {})
                try:
                    sys.settrace(Interrupt(line))
                    got = client.send("GET", f"/{line}", {}).body
                except KeyboardInterrupt:
                    interrupted += 1
                    got = None
                finally:
                    sys.settrace(before)
                assert client.send("GET", f"/next/{line}", {}).body == b"/next/%d" % line
                if got is not None:
                    assert got == b"/%d" % line
                    break
        client.close()
    assert interrupted > (30 if is_secure else 100)


class Callers:
    """Threads that share a client; some give up now and then."""

    def __init__(self, client: Client) -> None:
        self._client, self.over = client, threading.Event()
        self.wrong: list[bytes] = []
        self.right = self.cut_off = 0

    def patient(self, number: int) -> None:
        while not self.over.is_set():
            self._ask(f"/{number}/{self.right}")
            self.right += 1

    def hasty(self, number: int) -> None:
        while not self.over.is_set():
            number = (number * 7 + 3) % 11
            try:
                with deadline(number / 4000):
                    self._ask("/hasty")
            except HttpError:
                self.cut_off += 1

    def _ask(self, path: str) -> None:
        got = self._client.send("GET", path, {}).body
        if got != path.encode():
            self.wrong.append(got)


def test_a_caller_that_gives_up_does_not_disturb_others() -> None:
    """Connections are shared: one that is cut off must not be anybody else's by then."""
    with scripted_server(echo) as server:
        client = Client(server.url, timeout=20)
        callers = Callers(client)
        with ThreadPoolExecutor(6) as pool:
            done = [pool.submit(callers.patient, number) for number in range(3)]
            done += [pool.submit(callers.hasty, number) for number in range(3)]
            try:
                eventually(lambda: callers.right > 500 and callers.cut_off > 50, within=60)
            finally:
                callers.over.set()
            for each in done:
                each.result(30)
        client.close()
    assert callers.wrong == []
