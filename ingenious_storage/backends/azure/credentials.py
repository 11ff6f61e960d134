"""Credentials: a key, a SAS, or tokens of an identity, by which a process proves who it is."""

from __future__ import annotations

import os
import time
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import urlsplit

from azure.core.exceptions import AzureError, ClientAuthenticationError
from azure.identity import (
    AzureAuthorityHosts,
    AzureCliCredential,
    ClientSecretCredential,
    DefaultAzureCredential,
    ManagedIdentityCredential,
    WorkloadIdentityCredential,
)

from ingenious_storage.backends.rest.sharing import Shared
from ingenious_storage.config.azure.account import AzureAccount, CredentialKind
from ingenious_storage.errors import ConfigurationError
from ingenious_storage.runtime import deadlines, forks
from ingenious_storage.runtime.unpickled import Unpickled, Value

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from azure.core.credentials import AccessToken, TokenCredential
    from pydantic import SecretStr

_RENEW_BEFORE: Final = 300.0
"""Seconds before its end that a token is renewed."""
_AGAIN: Final = 10.0
"""Seconds between two tries for it."""
_LAST: Final = 15.0
"""Seconds before its end from which nobody goes on with it: a request may travel for some."""
_AUTHORITIES: Final = {
    ".core.usgovcloudapi.net": AzureAuthorityHosts.AZURE_GOVERNMENT,
    ".core.chinacloudapi.cn": AzureAuthorityHosts.AZURE_CHINA,
}


@dataclass(frozen=True, slots=True)
class Identity(Value):
    """What decides which tokens are minted: accounts with equal ones share a credential."""

    kind: CredentialKind
    authority: str | None
    tenant_id: str | None
    client_id: str | None
    client_secret: SecretStr | None
    timeout: float


def identity_of(account: AzureAccount) -> Identity:
    """The identity of an account, by which accounts share a credential."""
    host = urlsplit(account.account_url).hostname or ""
    authority = next((url for end, url in _AUTHORITIES.items() if host.endswith(end)), None)
    return Identity(
        account.credential,
        authority,
        account.tenant_id,
        account.client_id,
        account.client_secret,
        account.timeout,
    )


def make_credential(identity: Identity) -> TokenCredential:
    """A new credential of azure-identity; nothing is sent before a token is asked for.

    Raises: ConfigurationError when a value or an environment variable that it needs is missing.
    """
    # AZURE_AUTHORITY_HOST, which azure-identity reads by itself, wins over what the URL says.
    options: dict[str, Any] = {"read_timeout": identity.timeout}
    if identity.authority is not None and "AZURE_AUTHORITY_HOST" not in os.environ:
        options["authority"] = identity.authority
    # The retry layer retries. What asks a managed identity keeps its own retries: the endpoint
    # answers 404, 410 and 429 for a minute while the identity is being attached.
    once = {**options, "connection_timeout": identity.timeout, "retry_total": 0}
    try:
        return _credential(identity, options, once)
    except ConfigurationError:
        raise
    except ValueError as error:
        raise ConfigurationError(f"credential {identity.kind.value}: {error}") from error


def _credential(
    identity: Identity, options: dict[str, Any], once: dict[str, Any]
) -> TokenCredential:
    match identity.kind:
        case CredentialKind.DEFAULT:
            return _default(identity, options)
        case CredentialKind.MANAGED_IDENTITY:
            return ManagedIdentityCredential(client_id=identity.client_id)
        case CredentialKind.WORKLOAD_IDENTITY:
            named = {"tenant_id": identity.tenant_id, "client_id": identity.client_id}
            return WorkloadIdentityCredential(**{k: v for k, v in named.items() if v}, **once)
        case CredentialKind.SERVICE_PRINCIPAL:
            return _service_principal(identity, once)
        case CredentialKind.AZURE_CLI:
            return AzureCliCredential(tenant_id=identity.tenant_id or "")
        case kind:
            raise ConfigurationError(f"credential {kind.value} needs a key or a SAS")


def _service_principal(identity: Identity, once: dict[str, Any]) -> TokenCredential:
    secret = identity.client_secret
    return ClientSecretCredential(
        identity.tenant_id or "",
        identity.client_id or "",
        secret.get_secret_value() if secret else "",
        **once,
    )


def _default(identity: Identity, options: dict[str, Any]) -> DefaultAzureCredential:
    """DefaultAzureCredential; AZURE_TOKEN_CREDENTIALS chooses, else without the slow and rare.

    The client id is that of a managed or workload identity, the tenant that of the latter.
    """
    named = {
        "managed_identity_client_id": identity.client_id,
        "workload_identity_tenant_id": identity.tenant_id,
    }
    # None would hide the environment variables of the same meaning.
    options = {**options, **{name: value for name, value in named.items() if value is not None}}
    if not os.environ.get("AZURE_TOKEN_CREDENTIALS"):
        options |= {
            f"exclude_{name}_credential": True
            for name in ("shared_token_cache", "visual_studio_code", "powershell", "broker")
        }
    return DefaultAzureCredential(**options)


class SharedToken(Unpickled):
    """One token for all threads. One of them renews it ahead of its end, while the others go on
    with the one that is there; without one they wait: `az` is a process each time.
    """

    def __init__(
        self,
        credential: TokenCredential,
        *,
        owned: bool = True,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self._credential, self._owned, self._clock = credential, owned, clock
        self._lock = forks.new_lock()
        self._token: AccessToken | None = None
        self._due = 0.0
        """When it is to be renewed, by the clock."""
        self._tenant: dict[str, str] = {}

    @property
    def source(self) -> str:
        """The class of azure-identity that gave the token: of a chain, the one that could."""
        chosen = getattr(self._credential, "_successful_credential", None)
        return type(chosen or self._credential).__name__

    def get_token(self, *scopes: str, **options: Any) -> AccessToken:
        """The token that all threads share, renewed by one of them before it expires."""
        if options.get("claims") or options.get("tenant_id"):
            return self._ask(*scopes, **options)  # the service's challenge: not the usual token
        token, now = self._token, self._clock()
        if token is not None and now < self._due:
            return token
        if token is None or token.expires_on <= now + _LAST:
            return self._next(token, *scopes, **options)
        if self._lock.acquire(blocking=False):
            try:
                if self._token is token:
                    self._renew_early(*scopes, **options)
            finally:
                self._lock.release()
        return self._token or token

    def renew(self, refused: str, *scopes: str, **asked: str) -> bool:
        """Whether there is another token now than `refused`, which the service does not take.

        Args:
            asked: what the service says in its challenge: `claims`, or a `tenant_id`.
        """
        with self._held():
            if self._token is None or self._token.token == refused:
                if "tenant_id" in asked:
                    self._tenant = {"tenant_id": asked["tenant_id"]}
                self._keep(self._ask(*scopes, **{**self._tenant, **asked}))
            assert self._token is not None
            return self._token.token != refused

    def close(self) -> None:
        """Close the credential, unless it is the caller's."""
        close = getattr(self._credential, "close", None)
        if self._owned and close is not None:
            close()

    def _next(self, before: AccessToken | None, *scopes: str, **options: Any) -> AccessToken:
        with self._held():
            if self._token is None or self._token is before:  # else another thread was faster
                self._keep(self._ask(*scopes, **self._tenant, **options))
            assert self._token is not None
            return self._token

    @contextmanager
    def _held(self) -> Iterator[None]:
        if not deadlines.acquire(self._lock):
            deadlines.check("token")
        try:
            yield
        finally:
            self._lock.release()

    def _keep(self, token: AccessToken) -> None:
        # Who gives a token of a few minutes is not asked by every request of its last five.
        self._token = token
        self._due = max(token.expires_on - _RENEW_BEFORE, self._clock() + _AGAIN)

    def _renew_early(self, *scopes: str, **options: Any) -> None:
        """What goes wrong waits: the token that is there is good for some minutes more."""
        self._due = self._clock() + _AGAIN
        with suppress(AzureError, OSError, ValueError):
            self._keep(self._ask(*scopes, **self._tenant, **options))

    def _ask(self, *scopes: str, **options: Any) -> AccessToken:
        try:
            return self._credential.get_token(*scopes, **options)
        except OSError as error:  # a token file that is missing is no blob that is missing
            raise ClientAuthenticationError(message=f"{type(error).__name__}: {error}") from error


def _make_token(identity: Identity) -> SharedToken:
    return SharedToken(make_credential(identity))


TOKENS: Final = Shared(_make_token)
"""One credential an identity in each process, whatever driver asks."""
