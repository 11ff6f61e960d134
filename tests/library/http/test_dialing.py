"""Dialing: names, addresses, and what is known when nobody is reached."""

from __future__ import annotations

import socket
import threading
from typing import Any

import pytest

from ingenious_storage.errors import ConfigurationError
from ingenious_storage.http.client import Client
from ingenious_storage.http.errors import Failure, HttpError
from tests.support.hostile import HEAD
from tests.support.servers.scripted import scripted_server


def test_nobody_listens() -> None:
    with socket.create_server(("127.0.0.1", 0)) as unused:
        place = f"127.0.0.1:{unused.getsockname()[1]}"
    with pytest.raises(HttpError) as caught:
        Client(f"http://{place}", timeout=20).send("PUT", "/", {}, b"x")
    error = caught.value
    assert (error.failure, error.sent, error.host) == (Failure.CONNECT, False, place)
    assert "Connection refused" in str(error)


def test_a_name_without_an_address() -> None:
    with pytest.raises(HttpError) as caught:
        Client("http://none.invalid:8080", timeout=20).send("PUT", "/", {}, b"x")
    error = caught.value
    assert (error.failure, error.sent, error.host) == (Failure.NAME, False, "none.invalid:8080")


@pytest.mark.skipif(not socket.has_ipv6, reason="no IPv6")
def test_an_address_of_ipv6(monkeypatch: pytest.MonkeyPatch) -> None:
    try:
        listener = socket.create_server(("::1", 0), family=socket.AF_INET6)
    except OSError:
        pytest.skip("this machine has no IPv6")
    with listener:
        place = f"[::1]:{listener.getsockname()[1]}"
        thread = threading.Thread(target=_answer_once, args=(listener,))
        thread.start()
        assert Client(f"http://{place}", timeout=20).send("GET", "/", {}).body == place.encode()
        thread.join(10)
    with pytest.raises(HttpError) as caught:
        Client(f"http://{place}", timeout=20).send("GET", "/", {})
    assert caught.value.host == place


def _answer_once(listener: socket.socket) -> None:
    """With the Host header that came."""
    sock, _ = listener.accept()
    with sock:
        host = sock.recv(65536).split(b"Host: ")[1].split(b"\r\n")[0]
        sock.sendall(HEAD + b"Connection: close\r\nContent-Length: %d\r\n\r\n" % len(host) + host)


def test_the_next_address_is_tried(monkeypatch: pytest.MonkeyPatch) -> None:
    with scripted_server() as server, socket.create_server(("127.0.0.1", 0)) as unused:
        dead = unused.getsockname()
        unused.close()
        real = socket.getaddrinfo

        def both(host: str, port: int, **options: Any) -> list[Any]:
            found = real("127.0.0.1", port, type=socket.SOCK_STREAM)
            return [(*found[0][:4], dead), *found]

        monkeypatch.setattr(socket, "getaddrinfo", both)
        client = Client(f"http://two.example:{server.port}", timeout=20)
        assert client.send("GET", "/", {}).body == b"good"
        assert b"\r\nHost: two.example:" in server.requests[0]
        client.close()


def test_no_more_sockets(monkeypatch: pytest.MonkeyPatch) -> None:
    def none(*_: Any) -> None:
        raise OSError(24, "Too many open files")

    monkeypatch.setattr("ingenious_storage.http.dialing.PlainSocket", none)
    with pytest.raises(HttpError, match="Too many open files") as caught:
        Client("http://127.0.0.1:1", timeout=20).send("GET", "/", {})
    assert (caught.value.failure, caught.value.sent) == (Failure.CONNECT, False)


@pytest.mark.parametrize(
    "url",
    ["ftp://a.example", "http://", "a.example", "http://user:secret@a.example", "http://a.example:x",
     "http://a b.example", "http://a.example:99999", "http://ü.example", "https://:1"],
)  # fmt: skip
def test_what_is_no_origin_is_refused(url: str) -> None:
    with pytest.raises(ConfigurationError) as caught:
        Client(url, timeout=20)
    assert "secret" not in f"{caught.value}{caught.value.hint}"
