"""Translation of what a key vault, and its SDK, refuse into the errors of this library."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, Final
from urllib.parse import urlsplit

from azure.core.exceptions import AzureError, ClientAuthenticationError, HttpResponseError

from ingenious_storage.backends.azure.sdk.errors import without_answer
from ingenious_storage.backends.rest.calls import retry_after
from ingenious_storage.backends.rest.rules import Rule
from ingenious_storage.config.azure.vault import VaultKeyId
from ingenious_storage.errors import (
    AuthenticationError,
    KeyRefusedError,
    KeyUnavailableError,
    StorageError,
)

_ROLE: Final = (
    "Give this identity the role Key Vault Crypto User at the key (with access policies: get, "
    "wrapKey and unwrapKey); a new role takes some minutes to apply."
)
_BY_INNER_CODE: Final = {
    "KeyDisabled": "Enable that version of the key: what it wrapped cannot be read meanwhile.",
    "ForbiddenByFirewall": "The vault's firewall or private endpoint refuses this network.",
    "ForbiddenByConnection": "The vault's firewall or private endpoint refuses this network.",
    "ForbiddenByRbac": _ROLE,
    "ForbiddenByPolicy": _ROLE,
}
_BY_STATUS: Final = {
    400: "Another key wrapped this, or it was damaged: compare the key's id with the record's.",
    401: "The token was refused: check the tenant, the cloud and this machine's clock.",
    403: _ROLE,
    404: "Check storage.encryption.key_vault_key_id; a deleted key can be recovered for some days.",
    409: "The key is being deleted or recovered: look at it in the vault.",
}
_BUSY: Final = frozenset({408, 429})
# What the SDK raises for an answer that is none of a vault, and for one that it distrusts.
_UNUSABLE: Final = (AttributeError, LookupError, TypeError, ValueError)


@contextmanager
def translated(operation: str, key: VaultKeyId) -> Iterator[None]:
    """Raise what the SDK raises inside as a StorageError.

    What has an answer of the vault is no cause: the SDK quotes its body, which may hold the key.
    """
    try:
        yield
    except StorageError:
        raise
    except (AzureError, OSError, *_UNUSABLE) as error:
        raised = _translate(error, operation, key)
        if isinstance(error, HttpResponseError | ValueError) and not _is_of_token(error, key):
            raise raised from None
        raise raised from error


def refused(operation: str, problem: str, hint: str) -> KeyRefusedError:
    """The error for what is refused here, before or after the vault was asked."""
    return KeyRefusedError(f"{operation}: {problem}", operation=operation, hint=hint)


def _translate(error: Exception, operation: str, key: VaultKeyId) -> StorageError:
    if isinstance(error, HttpResponseError) and not _is_of_token(error, key):
        return _answered(error, operation, key)
    if isinstance(error, _UNUSABLE):
        told = f"{key.host} answers as no key vault does ({type(error).__name__})"
        return refused(operation, told, f"Is {key.host} the host of the vault?")
    rule, told = without_answer(error)
    hint = None if key.is_local and rule.kind is not AuthenticationError else rule.hint
    kind = AuthenticationError if rule.kind is AuthenticationError else KeyUnavailableError
    return _made(Rule(kind, hint, rule.retryable), operation, told)


def _answered(error: HttpResponseError, operation: str, key: VaultKeyId) -> StorageError:
    status, headers = error.status_code or 0, getattr(error.response, "headers", {})
    code, inner = _codes(error)
    told = f"{key.host} answered {status} {inner or code or 'without an error code'}"
    if request_id := headers.get("x-ms-request-id"):
        told += f" (request id {request_id})"
    told += f" for key {key.name}"
    after = headers.get("Retry-After")
    waits = None if after is None else retry_after({"retry-after": after})
    return _made(_rule(status, inner), operation, told, inner or code, waits)


def _rule(status: int, inner: str | None) -> Rule:
    if status in _BUSY or status >= 500 or status < 400:
        return Rule(KeyUnavailableError)
    kind = AuthenticationError if status == 401 else KeyRefusedError
    return Rule(kind, _BY_INNER_CODE.get(inner or "", _BY_STATUS.get(status)))


def _made(
    rule: Rule,
    operation: str,
    told: str,
    code: str | None = None,
    waits: float | None = None,
) -> StorageError:
    return rule.kind(
        f"{operation}: {told}",
        operation=operation,
        service_code=code,
        hint=rule.hint,
        retryable=rule.retryable,
        retry_after=waits,
    )


def _codes(error: HttpResponseError) -> tuple[str | None, str | None]:
    """The code of an answer, and the one inside it, which says why."""
    told: Any = error.error
    inner = getattr(told, "innererror", None)
    return getattr(told, "code", None), inner.get("code") if isinstance(inner, dict) else None


def _is_of_token(error: Exception, key: VaultKeyId) -> bool:
    """Whether it is of who gives out the tokens: azure-identity's, perhaps with an answer."""
    if not isinstance(error, ClientAuthenticationError):
        return False
    url = str(getattr(getattr(error.response, "request", None), "url", ""))
    return urlsplit(url).netloc.lower() != key.host
