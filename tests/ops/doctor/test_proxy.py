"""Through a proxy of the environment that works, with a login."""

from __future__ import annotations

import base64
import select
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress

from tests.ops.doctor.bench import Bench
from tests.ops.doctor.test_healthy import check, statuses
from tests.support.credentials import FakeCredential

LOGIN = "Basic " + base64.b64encode(b"ann:pass word").decode()


class Tunnels:
    """An HTTP proxy that opens tunnels (CONNECT) for who logs in."""

    def __init__(self) -> None:
        self.opened: list[str] = []
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port = int(self._listener.getsockname()[1])

    def serve(self) -> None:
        with suppress(OSError):
            while True:
                client, _ = self._listener.accept()
                threading.Thread(target=self._tunnel, args=(client,), daemon=True).start()

    def stop(self) -> None:
        self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()

    def _tunnel(self, client: socket.socket) -> None:
        with client, suppress(OSError):
            head = b""
            while b"\r\n\r\n" not in head:
                head += client.recv(4096)
            place = head.split()[1].decode()
            if LOGIN.encode() not in head:
                client.sendall(b"HTTP/1.1 407 Login\r\nContent-Length: 0\r\n\r\n")
                return
            self.opened.append(place)
            host, _, port = place.rpartition(":")
            with socket.create_connection((host, int(port))) as server:
                client.sendall(b"HTTP/1.1 200 OK\r\n\r\n")
                _relay(client, server)


def _relay(one: socket.socket, other: socket.socket) -> None:
    while True:
        for ready in select.select([one, other], [], [], 30)[0]:
            data = ready.recv(65536)
            if not data:
                return
            (other if ready is one else one).sendall(data)


@contextmanager
def tunnels() -> Iterator[Tunnels]:
    proxy = Tunnels()
    thread = threading.Thread(target=proxy.serve, daemon=True)
    thread.start()
    yield proxy
    proxy.stop()
    thread.join(10)


def test_it_is_named_and_used(bench: Bench) -> None:
    azurite = bench.with_identity(FakeCredential())
    with tunnels() as proxy:
        url = f"http://ann:pass%20word@127.0.0.1:{proxy.port}"
        bench.patch.setenv("HTTPS_PROXY", url)
        report = bench.report(0)
        assert {*statuses(report).values()} == {"pass", "skip"}
        assert check(report, "proxy")["summary"].startswith(f"http://***@127.0.0.1:{proxy.port}, ")
        assert check(report, "dns")["details"] == ["the proxy looks up 127.0.0.1"]
        assert "certificate issued by" in check(report, "tls")["summary"]
        assert set(proxy.opened) == {f"127.0.0.1:{azurite.port}"}

        proxy.opened.clear()
        bench.patch.setenv("NO_PROXY", "127.0.0.1")
        assert check(bench.report(0), "proxy")["summary"] == "none for 127.0.0.1"
        assert proxy.opened == []

        bench.patch.delenv("NO_PROXY")
        bench.patch.setenv("HTTPS_PROXY", url.replace("pass%20word", "wrong"))
        assert "asks for a login" in check(bench.report(1), "tls")["hint"]
    assert bench.left_behind() == []
