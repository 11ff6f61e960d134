"""Who gives out Google's tokens, on loopback: OAuth's token endpoint, STS and a metadata server."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from tests.support.servers.serving import serving


class TokenServer(ThreadingHTTPServer):
    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.given = 0
        self.refusal: tuple[int, bytes] | None = None
        self.requests: list[tuple[str, bytes]] = []

    @property
    def place(self) -> str:
        return f"127.0.0.1:{self.server_address[1]}"

    @property
    def url(self) -> str:
        return f"http://{self.place}"


@contextmanager
def token_server() -> Iterator[TokenServer]:
    with serving(TokenServer()) as server:
        yield server


class _Handler(BaseHTTPRequestHandler):
    server: TokenServer

    def log_message(self, *_: Any) -> None:
        pass

    def _handle(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        self.server.requests.append((f"{self.command} {self.path}", body))
        status, answer = self.server.refusal or (200, self._answer())
        kind = "application/json" if answer.startswith(b"{") else "text/plain"
        self.send_response(status)
        self.send_header("Content-Type", kind)
        self.send_header("Metadata-Flavor", "Google")
        self.send_header("Content-Length", str(len(answer)))
        self.end_headers()
        self.wfile.write(answer)

    do_GET = do_POST = _handle  # noqa: N815  # as the base calls them

    def _answer(self) -> bytes:
        path = self.path.partition("?")[0]
        if path.endswith("/project-id"):
            return b"project-of-the-machine"
        if path.endswith("/token"):
            self.server.given += 1
            found: dict[str, Any] = {
                "access_token": f"token-{self.server.given}",
                "expires_in": 3600,
                "token_type": "Bearer",
                "issued_token_type": "urn:ietf:params:oauth:token-type:access_token",
            }
            return json.dumps(found).encode()
        account = {"email": "machine@project.iam.gserviceaccount.com", "scopes": [], "aliases": []}
        return json.dumps(account).encode()
