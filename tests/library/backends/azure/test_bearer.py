"""Tokens that the service refuses: asked for once more, as it says, and sent again once."""

from __future__ import annotations

import base64
import ssl
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
import trustme
from azure.core.credentials import AccessToken
from azure.core.exceptions import ClientAuthenticationError, ServiceRequestError

from ingenious_storage.backends.azure.native.backend import AzureBlobBackend
from ingenious_storage.config.azure.account import AzureAccount, CredentialKind
from ingenious_storage.errors import AuthenticationError, StorageError, UnavailableError
from tests.support.servers.scripted import ScriptedServer, answering, scripted_server

OK = (
    b"HTTP/1.1 200 OK\r\nContent-Length: 1\r\nETag: 1\r\n"
    b"Last-Modified: Mon, 02 Nov 2026 10:00:00 GMT\r\n\r\nx"
)
CLAIMS = '{"access_token":{"nbf":{"essential":true,"value":"1"}}}'


def refusal(challenge: str, code: str = "InvalidAuthenticationInfo") -> bytes:
    lines = f"x-ms-error-code: {code}\r\nWWW-Authenticate: {challenge}\r\n"
    return f"HTTP/1.1 401 No\r\nContent-Length: 0\r\n{lines}\r\n".encode()


def claims(text: str = CLAIMS) -> bytes:
    encoded = base64.b64encode(text.encode()).decode().rstrip("=")
    return refusal(
        'Bearer realm="", authorization_uri="https://login.example/common/oauth2/authorize", '
        f'error="insufficient_claims", claims="{encoded}"'
    )


TENANT = refusal(
    "Bearer authorization_uri=https://login.example/their-tenant/oauth2/authorize "
    "resource_id=https://management.azure.com"
)
EXPIRED = refusal("Bearer")


class Clerk:
    """Gives a new token each time, and keeps what it was asked; `same` gives one for ever."""

    def __init__(self, *, same: bool = False, error: Exception | None = None) -> None:
        self.asked: list[tuple[tuple[str, ...], dict[str, Any]]] = []
        self._same, self._error = same, error

    def get_token(self, *scopes: str, **options: Any) -> AccessToken:
        self.asked.append((scopes, options))
        if self._error is not None and len(self.asked) > 1:
            raise self._error
        return AccessToken("token-1" if self._same else f"token-{len(self.asked)}", 4_000_000_000)


@pytest.fixture
def context(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> ssl.SSLContext:
    ca = trustme.CA()
    ca.cert_pem.write_to_path(tmp_path / "ca.pem")
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(tmp_path / "ca.pem"))
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    ca.issue_cert("127.0.0.1").configure_cert(context)
    return context


def store(server: ScriptedServer, clerk: Clerk) -> AzureBlobBackend:
    account = AzureAccount(f"{server.url}/a", "a", CredentialKind.DEFAULT, timeout=30)
    return AzureBlobBackend(account, "c", credential=clerk)


def tokens(server: ScriptedServer) -> list[str]:
    return [
        line.rpartition(b" ")[2].decode()
        for request in server.requests
        for line in request.split(b"\r\n")
        if line.startswith(b"Authorization: Bearer ")
    ]


@pytest.mark.parametrize(
    ("reply", "asked"),
    [
        (claims(), {"claims": CLAIMS}),
        (TENANT, {"tenant_id": "their-tenant"}),
        (EXPIRED, {}),
        (refusal('Bearer claims="not base64!"'), {}),
    ],
    ids=["claims", "tenant", "expired", "damaged"],
)
def test_it_is_asked_for_as_the_service_says(
    reply: bytes, asked: dict[str, str], context: ssl.SSLContext
) -> None:
    """Always for the storage, whatever resource the challenge names."""
    clerk = Clerk()
    with scripted_server(answering(reply, OK), context=context) as server:
        with closing(store(server, clerk)) as backend:
            assert backend.get("k").data == b"x"
            assert backend.get("k").data == b"x"
        assert tokens(server) == ["token-1", "token-2", "token-2"]
    scope = ("https://storage.azure.com/.default",)
    assert clerk.asked == [(scope, {}), (scope, asked)]


@pytest.mark.parametrize("reply", [claims(), TENANT, EXPIRED])
def test_a_second_refusal_is_the_end(reply: bytes, context: ssl.SSLContext) -> None:
    clerk = Clerk()
    with scripted_server(answering(reply), context=context) as server:
        with closing(store(server, clerk)) as backend, pytest.raises(AuthenticationError) as caught:
            backend.put("k", b"x")
        assert tokens(server) == ["token-1", "token-2"]
    assert caught.value.service_code == "InvalidAuthenticationInfo"
    assert not caught.value.outcome_unknown
    assert "token-" not in f"{caught.value}{caught.value.hint}"


def test_the_same_token_is_not_sent_again(context: ssl.SSLContext) -> None:
    with scripted_server(answering(EXPIRED), context=context) as server:
        with (
            closing(store(server, Clerk(same=True))) as backend,
            pytest.raises(AuthenticationError),
        ):
            backend.get("k")
        assert tokens(server) == ["token-1"]


@pytest.mark.parametrize(
    ("error", "kind"),
    [
        (ClientAuthenticationError(message="not allowed there"), AuthenticationError),
        (ServiceRequestError("no network"), UnavailableError),
    ],
)
def test_nobody_gives_another(
    error: Exception, kind: type[StorageError], context: ssl.SSLContext
) -> None:
    with (
        scripted_server(answering(claims()), context=context) as server,
        closing(store(server, Clerk(error=error))) as backend,
        pytest.raises(kind) as caught,
    ):
        backend.put("k", b"x")
    assert not caught.value.outcome_unknown
