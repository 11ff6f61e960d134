"""Answers of a vault that are no success, and none at all: each is asked for once."""

from __future__ import annotations

import threading
from base64 import b64encode
from collections.abc import Callable
from contextlib import nullcontext
from typing import Any

import pytest
from azure.core.exceptions import ClientAuthenticationError

from ingenious_storage import deadline
from ingenious_storage.config import StorageSettings
from ingenious_storage.errors import (
    AuthenticationError,
    KeyRefusedError,
    KeyUnavailableError,
    StorageError,
)
from ingenious_storage.key_providers.key_vault import AzureKeyVault
from ingenious_storage.key_providers.vault_client import VaultAccess, access_of
from tests.library.key_providers.conftest import MASTER, MakeProvider
from tests.support.credentials import FakeCredential
from tests.support.servers.vault import CUT, Answer, Vault


@pytest.mark.parametrize(
    ("answer", "told", "waits"),
    [
        pytest.param(
            *(Answer(429, {"error": {"code": "Throttled"}}), "429 Throttled", None),
            marks=pytest.mark.slow,
        ),
        (Answer(429, {"error": {"code": "Throttled"}}, {"Retry-After": "7"}), "429 Thr", 7.0),
        (Answer(503, {"error": {"code": "ServiceUnavailable"}}), "503 ServiceUnavailable", None),
        pytest.param(*(Answer(500), "500 without an error code", None), marks=pytest.mark.slow),
        pytest.param(Answer(408), "408", None, marks=pytest.mark.slow),
        (CUT, "no usable answer from 127.0.0.1", None),
    ],
)
def test_what_may_be_tried_again_is_sent_once(
    vault: Vault, provider: MakeProvider, answer: Answer, told: str, waits: float | None
) -> None:
    keys = provider()
    wrapped = keys.wrap(MASTER)
    vault.seen()
    vault.server.fault = lambda method, _: answer if method == "POST" else None
    with pytest.raises(KeyUnavailableError, match=told) as raised:
        keys.unwrap(wrapped)
    assert (raised.value.retryable, raised.value.retry_after) == (True, waits)
    assert vault.seen() == ["GET client-key", "POST client-key unwrapkey"]
    vault.server.fault = lambda *_: answer
    for call in (lambda: keys.wrap(MASTER), keys.describe):
        with pytest.raises(KeyUnavailableError, match=told):
            call()
        assert len(vault.seen()) == 1
    vault.server.fault = None
    assert keys.unwrap(wrapped) == MASTER


def test_nobody_is_there(vault: Vault, provider: MakeProvider) -> None:
    keys = provider()
    vault.server.shutdown()
    vault.server.server_close()
    with pytest.raises(KeyUnavailableError, match="no usable answer") as raised:
        keys.wrap(MASTER)
    assert raised.value.retryable


def test_a_token_that_the_vault_refuses(vault: Vault, provider: MakeProvider) -> None:
    vault.server.fault = lambda *_: vault.server.contract.answer("GET", "/", None, b"")
    with pytest.raises(AuthenticationError, match="answered 401 Unauthorized") as raised:
        provider().wrap(MASTER)
    assert "clock" in raised.value.hint


@pytest.mark.parametrize("status", [400, 429, 503])
def test_nobody_who_gives_a_token(vault: Vault, provider: MakeProvider, status: int) -> None:
    class Refusing:
        def get_token(self, *_: str, **__: Any) -> Any:
            error = ClientAuthenticationError("AADSTS700016: no application")
            error.status_code = status
            raise error

    kind: type[StorageError] = AuthenticationError if status == 400 else KeyUnavailableError
    with pytest.raises(kind, match="no credential: AADSTS700016"):
        provider(Refusing()).wrap(MASTER)


def test_a_host_that_is_no_vault(vault: Vault, provider: MakeProvider) -> None:
    vault.server.fault = lambda *_: Answer(200, "<html>welcome</html>")
    with pytest.raises(StorageError, match=r"answers as no key vault does|200"):
        provider().wrap(MASTER)


@pytest.mark.parametrize(
    "change", [{"kty": "EC", "crv": "P-256"}, {"key_ops": ["sign", "verify"]}, {"n": ""}]
)
def test_a_key_that_cannot_wrap(
    vault: Vault, provider: MakeProvider, change: dict[str, Any]
) -> None:
    shown = vault.server.contract.answer("GET", f"/keys/{vault.name}/", "token", b"").body
    vault.server.fault = lambda *_: Answer(200, {**shown, "key": {**shown["key"], **change}})
    with pytest.raises(KeyRefusedError, match="no RSA key that may wrap"):
        provider().wrap(MASTER)


def test_a_vault_that_does_not_say_the_version(vault: Vault, provider: MakeProvider) -> None:
    shown = vault.server.contract.answer("GET", f"/keys/{vault.name}/", "token", b"").body
    key = {**shown["key"], "kid": vault.key_id}
    vault.server.fault = lambda *_: Answer(200, {**shown, "key": key})
    with pytest.raises(KeyRefusedError, match="which version"):
        provider().wrap(MASTER)


def test_an_unwrap_that_cannot_be_read_quotes_nothing(vault: Vault, provider: MakeProvider) -> None:
    """The SDK's error would hold the whole body."""
    keys = provider()
    wrapped = keys.wrap(MASTER)
    secret = b64encode(MASTER).decode().rstrip("=")
    broken = Answer(200, '{"kid": "x", "value": "' + secret + '"')
    vault.server.fault = lambda method, _: broken if method == "POST" else None
    with pytest.raises(StorageError) as raised:
        keys.unwrap(wrapped)
    assert raised.value.__cause__ is None
    assert raised.value.__suppress_context__
    assert secret not in str(raised.value)


@pytest.mark.parametrize("limit", ["deadline", "timeout"])
def test_a_vault_that_hangs(
    vault: Vault, settings: Callable[..., StorageSettings], limit: str
) -> None:
    """It is left at the caller's deadline, or at `storage.timeout`: else the test would hang."""
    over = threading.Event()

    def hang(*_: str) -> None:
        over.wait(60)

    vault.server.fault = hang
    found = access_of(settings(timeout=0.3 if limit == "timeout" else 60))
    access = VaultAccess(found.key, found.identity, found.trust, FakeCredential())
    keys = AzureKeyVault(access)
    try:
        with (
            deadline(0.3) if limit == "deadline" else nullcontext(),
            pytest.raises(KeyUnavailableError, match="no usable answer"),
        ):
            keys.wrap(MASTER)
    finally:
        over.set()
        keys.close()
