"""Phases of a request in which it can hang, for who cuts it off."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from typing import Any

import pytest

from ingenious_storage.http.client import Client
from ingenious_storage.http.trust import Trust
from tests.support.authority import Authority
from tests.support.hostile import HEAD, drips, says
from tests.support.servers.scripted import Peer, Talk, scripted_server

TIMEOUT = 60.0
"""Of the client; whatever ends long before was cut off."""
ESTABLISHED = b"HTTP/1.1 200 Connection established\r\n\r\n"
URL = "https://service.example"


@dataclass(frozen=True)
class Phase:
    """`sent` says whether the peer may have got a request that is cut off here."""

    talk: Talk | None
    sent: bool
    by_proxy: bool = False
    tls: bool = False
    """Whether the first hop's handshake is done."""
    body: bytes = b"x"


def never(peer: Peer) -> None:
    peer.wait()


def never_reads(peer: Peer) -> None:
    peer.read_head()
    peer.wait()


PHASES = {
    "lookup": Phase(None, sent=False),
    "connect": Phase(None, sent=False),
    "handshake": Phase(never, sent=False),
    "proxy": Phase(never, sent=False, by_proxy=True),
    "half an answer of a proxy": Phase(says(ESTABLISHED[:20]), sent=False, by_proxy=True),
    "handshake behind a proxy": Phase(says(ESTABLISHED), sent=False, by_proxy=True),
    "handshake in tls": Phase(says(ESTABLISHED), sent=False, by_proxy=True, tls=True),
    "body of the request": Phase(never_reads, sent=True, body=bytes(30_000_000)),
    "body of the request by tls": Phase(never_reads, sent=True, tls=True, body=bytes(30_000_000)),
    "answer": Phase(says(b""), sent=True),
    "answer by tls": Phase(says(b""), sent=True, tls=True),
    "head": Phase(drips(HEAD + b"ETag: x"), sent=True),
    "body": Phase(says(HEAD + b"Content-Length: 5\r\n\r\nhel"), sent=True),
    "long body": Phase(says(HEAD + b"Content-Length: 900000\r\n\r\n" + bytes(400_000)), sent=True),
    "long body by tls": Phase(
        says(HEAD + b"Content-Length: 900000\r\n\r\n" + bytes(400_000)), sent=True, tls=True
    ),
}


@contextmanager
def hanging(name: str, authority: Authority, monkeypatch: pytest.MonkeyPatch) -> Iterator[Client]:
    """A client whose next request hangs in the phase `name`."""
    phase, trust = PHASES[name], Trust(authority.file)
    with ExitStack() as stack:
        if name == "lookup":
            stack.enter_context(_no_name_server(monkeypatch))
            yield Client("http://service.example", timeout=TIMEOUT)
            return
        if phase.talk is None:
            port = stack.enter_context(full_queue())
            yield Client(f"http://127.0.0.1:{port}", timeout=TIMEOUT)
            return
        context = authority.server() if phase.tls else None
        server = stack.enter_context(scripted_server(phase.talk, context=context))
        if phase.by_proxy:
            monkeypatch.setenv("HTTPS_PROXY", server.url)
            yield Client(URL, timeout=TIMEOUT, trust=trust)
            return
        scheme = "https" if phase.tls or name == "handshake" else "http"
        yield Client(f"{scheme}://127.0.0.1:{server.port}", timeout=TIMEOUT, trust=trust)


@contextmanager
def full_queue() -> Iterator[int]:
    """A port whose connections are never made: as behind a firewall that drops packets."""
    with ExitStack() as stack:
        listener = stack.enter_context(socket.create_server(("127.0.0.1", 0), backlog=0))
        for _ in range(3):
            waiting = stack.enter_context(socket.socket())
            waiting.setblocking(False)
            waiting.connect_ex(listener.getsockname())
        yield listener.getsockname()[1]


@contextmanager
def _no_name_server(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    over = threading.Event()

    def look(*_: Any, flags: int = 0, **__: Any) -> list[Any]:
        if flags & socket.AI_NUMERICHOST:
            raise socket.gaierror(socket.EAI_NONAME, "no number")
        over.wait()
        return []

    monkeypatch.setattr(socket, "getaddrinfo", look)
    yield
    over.set()
