"""The vault's server: HTTPS on loopback, by an authority that is made when it starts."""

from __future__ import annotations

import ssl
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import trustme

from local.state import StateFile
from local.vault.contract import Answer, Contract
from local.vault.keys import Keys

Fault = Callable[[str, str], Answer | None]
"""Method and path of a request that has a token: what is answered instead, or None.

`CUT` closes the connection without an answer.
"""
CUT = Answer(0)


class VaultServer(ThreadingHTTPServer):
    """It serves `contract`; `requests` are the methods and paths that came, in their order."""

    daemon_threads = True

    def __init__(self, contract: Contract, context: ssl.SSLContext, port: int = 0) -> None:
        super().__init__(("127.0.0.1", port), _Handler)
        self.contract, self._context = contract, context
        self.requests: list[tuple[str, str]] = []
        self.fault: Fault | None = None
        contract.url = f"https://127.0.0.1:{self.server_address[1]}"

    def finish_request(self, request: object, client_address: object) -> None:
        """The handshake is the connection's own, so that a slow one keeps nobody waiting."""
        with suppress(OSError):  # a client that breaks off
            assert not isinstance(request, (str, bytes))
            encrypted = self._context.wrap_socket(request, server_side=True)  # type: ignore[arg-type]
            with encrypted:
                _Handler(encrypted, client_address, self)


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    wbufsize = -1  # head and body go as one: the second of two would wait for an acknowledgement
    server: VaultServer

    def do_GET(self) -> None:  # http.server names it
        self._serve()

    do_POST = do_PATCH = do_DELETE = do_GET  # noqa: N815  # likewise

    def _serve(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        path = self.path.partition("?")[0]
        token = (self.headers.get("Authorization") or "").removeprefix("Bearer ").strip()
        self.server.requests.append((self.command, path))
        fault = self.server.fault if token else None
        answer = fault(self.command, path) if fault else None
        self._send(answer or self.server.contract.answer(self.command, path, token, body))

    def _send(self, answer: Answer) -> None:
        if answer is CUT:
            self.close_connection = True
            return
        data = answer.data()
        self.send_response(answer.status)
        for name, value in answer.headers.items():
            self.send_header(name, value)
        self.send_header("Content-Type", "application/json; charset=utf-8")
        self.send_header("Content-Length", str(len(data)))
        self.send_header("x-ms-request-id", "00000000-0000-4000-8000-00000000000a")
        self.end_headers()
        self.wfile.write(data)

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002
        """Nothing: what came is in `requests`."""


@contextmanager
def run_vault(folder: Path, *, port: int = 0) -> Iterator[VaultServer]:
    """A vault with its keys in `folder`/keys.json; whom to trust is in `folder`/ca.pem."""
    folder.mkdir(parents=True, exist_ok=True)
    authority = trustme.CA()
    authority.cert_pem.write_to_path(str(folder / "ca.pem"))
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("127.0.0.1").configure_cert(context)
    contract = Contract(Keys(StateFile(folder / "keys.json")))
    with VaultServer(contract, context, port) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True)
        thread.start()
        try:
            yield server
        finally:
            server.shutdown()
            thread.join(10)
