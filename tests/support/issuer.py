"""An issuer of tokens on loopback: its discovery document, its keys, and tokens that it signs."""

from __future__ import annotations

import base64
import hashlib
import json
import secrets
import ssl
import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from functools import cache
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, cast
from urllib.parse import parse_qsl, urlencode, urlsplit

import jwt
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from jwt.algorithms import ECAlgorithm, RSAAlgorithm

AUDIENCE = "api://ingenious-storage"
DISCOVERY = "/.well-known/openid-configuration"
JWKS = "/keys"


class SigningKey:
    """One key of an issuer, RSA (RS256) or of a curve (ES256)."""

    def __init__(self, kid: str, algorithm: str) -> None:
        self.kid, self.algorithm = kid, algorithm
        self.private: Any = (
            rsa.generate_private_key(public_exponent=65537, key_size=2048)
            if algorithm == "RS256"
            else ec.generate_private_key(ec.SECP256R1())
        )

    def jwk(self, **more: Any) -> dict[str, Any]:
        """The public half as an issuer publishes it."""
        kind = RSAAlgorithm if self.algorithm == "RS256" else ECAlgorithm
        public = kind.to_jwk(self.private.public_key(), as_dict=True)
        return {**public, "kid": self.kid, "use": "sig", **more}


@cache
def key(kid: str, algorithm: str = "RS256") -> SigningKey:
    """The same for all tests of a process, as making one takes long."""
    return SigningKey(kid, algorithm)


class Issuer:
    """What it publishes may be changed; what it was asked is counted."""

    def __init__(self) -> None:
        self.url = ""
        self.published: list[dict[str, Any]] = [key("one").jwk(), key("curve", "ES256").jwk()]
        self.cache_control: str | None = None
        self.down = False
        self.discovery: dict[str, Any] = {}
        self.requests: list[str] = []
        self.codes: dict[str, dict[str, str]] = {}
        self.client_secret: str | None = None
        self.of_id_tokens: dict[str, Any] = {}
        """Claims that ID tokens have instead of the right ones."""

    def document(self) -> dict[str, Any]:
        usual = {
            "issuer": self.url,
            "jwks_uri": self.url + JWKS,
            "authorization_endpoint": f"{self.url}/authorize?tenant=1",
            "token_endpoint": f"{self.url}/token",
        }
        return usual | self.discovery

    def authorize(self, url: str) -> dict[str, str]:
        """What somebody who signs in there brings back: the query of the redirect to the app."""
        asked = dict(parse_qsl(urlsplit(url).query))
        code = secrets.token_urlsafe(16)
        self.codes[code] = asked
        return {"code": code, "state": asked["state"]}

    def exchange(self, form: Mapping[str, str]) -> dict[str, Any] | None:
        """The answer of the token endpoint, None for a request that is not right."""
        asked = self.codes.pop(form.get("code", ""), None)
        if asked is None or form.get("client_secret") != self.client_secret:
            return None
        digest = hashlib.sha256(form["code_verifier"].encode()).digest()
        challenge = base64.urlsafe_b64encode(digest).rstrip(b"=").decode()
        right = {"client_id", "redirect_uri"}
        if challenge != asked["code_challenge"] or any(form[n] != asked[n] for n in right):
            return None
        claims = {"aud": asked["client_id"], "nonce": asked["nonce"]} | self.of_id_tokens
        return {"id_token": self.token(**claims), "token_type": "Bearer"}

    def count(self, path: str) -> int:
        return self.requests.count(path)

    def claims(self, **changed: Any) -> dict[str, Any]:
        """Of a good token; a claim that is None is left out."""
        now = int(time.time())
        usual = {
            "iss": self.url,
            "aud": AUDIENCE,
            "sub": "ada",
            "iat": now,
            "nbf": now,
            "exp": now + 600,
            "roles": ["readers"],
        }
        return {name: value for name, value in (usual | changed).items() if value is not None}

    def token(
        self,
        signed_by: SigningKey | None = None,
        *,
        headers: Mapping[str, Any] | None = None,
        **changed: Any,
    ) -> str:
        """A token, by default a good one."""
        signer = signed_by or key("one")
        said = {"kid": signer.kid} | dict(headers or {})
        return jwt.encode(self.claims(**changed), signer.private, signer.algorithm, headers=said)


class _Server(ThreadingHTTPServer):
    issuer: Issuer
    daemon_threads = True


class _Handler(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        issuer = cast("_Server", self.server).issuer
        issuer.requests.append(self.path)
        if self.path.startswith("/authorize"):
            back = urlencode(issuer.authorize(self.path))
            self.send_response(302)
            redirect = dict(parse_qsl(urlsplit(self.path).query))["redirect_uri"]
            self.send_header("Location", f"{redirect}?{back}")
            self.send_header("Content-Length", "0")
            self.end_headers()
            return
        self._send({DISCOVERY: issuer.document(), JWKS: {"keys": issuer.published}}.get(self.path))

    def do_POST(self) -> None:
        issuer = cast("_Server", self.server).issuer
        issuer.requests.append(self.path)
        body = self.rfile.read(int(self.headers["Content-Length"])).decode()
        self._send(issuer.exchange(dict(parse_qsl(body))) if self.path == "/token" else None)

    def _send(self, found: object) -> None:
        issuer = cast("_Server", self.server).issuer
        body = json.dumps(found).encode()
        self.send_response(503 if issuer.down else 200 if found else 400)
        if issuer.cache_control:
            self.send_header("Cache-Control", issuer.cache_control)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *args: Any) -> None:
        """Nothing: a test looks at `requests`."""


@contextmanager
def running_issuer(tls: ssl.SSLContext | None = None) -> Iterator[Issuer]:
    """One on a free port, with a thread of its own."""
    issuer = Issuer()
    with _Server(("127.0.0.1", 0), _Handler) as server:
        server.issuer = issuer
        if tls is not None:
            server.socket = tls.wrap_socket(server.socket, server_side=True)
        scheme = "http" if tls is None else "https"
        issuer.url = f"{scheme}://127.0.0.1:{server.server_port}"
        thread = threading.Thread(target=server.serve_forever, args=[0.01], daemon=True)
        thread.start()
        yield issuer
        server.shutdown()
        thread.join()
