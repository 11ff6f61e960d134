"""Tokens for the vault: the endpoint that a managed identity of Azure's App Service asks.

With `IDENTITY_ENDPOINT` and `IDENTITY_HEADER` set, `credential: managed_identity` works here.
"""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

HEADER = "local-azure"
TOKEN = "token-of-local-azure"  # noqa: S105  # the double of a vault takes any


class _Handler(BaseHTTPRequestHandler):
    def do_GET(self) -> None:  # http.server names it
        is_asked = self.headers.get("X-IDENTITY-HEADER") == HEADER
        answer = {
            "access_token": TOKEN,
            "expires_on": str(int(time.time()) + 86_400),
            "resource": "https://vault.azure.net",
            "token_type": "Bearer",
        }
        data = json.dumps(answer if is_asked else {"statusCode": 401}).encode()
        self.send_response(200 if is_asked else 401)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002
        """Nothing."""


@contextmanager
def run_tokens(port: int = 0) -> Iterator[dict[str, str]]:
    """Serve; the variables that a process needs to sign in here."""
    with ThreadingHTTPServer(("127.0.0.1", port), _Handler) as server:
        server.daemon_threads = True
        thread = threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True)
        thread.start()
        try:
            endpoint = f"http://127.0.0.1:{server.server_address[1]}/msi/token"
            yield {"IDENTITY_ENDPOINT": endpoint, "IDENTITY_HEADER": HEADER}
        finally:
            server.shutdown()
            thread.join(10)
