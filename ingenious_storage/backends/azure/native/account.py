"""Accounts: the connections to one and its proof of identity, once in each process."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from ingenious_storage.backends.azure.error_codes import rule_for
from ingenious_storage.backends.azure.hints import start_emulator
from ingenious_storage.backends.azure.native.bearer import Bearer
from ingenious_storage.backends.azure.native.signing import SasToken, SharedKey
from ingenious_storage.backends.rest.calls import Call, Refusal, fitting, refused, retry_after
from ingenious_storage.backends.rest.service import Service
from ingenious_storage.backends.rest.sharing import Shared
from ingenious_storage.config.azure.account import AzureAccount, CredentialKind
from ingenious_storage.errors import ConfigurationError
from ingenious_storage.http.client import Client
from ingenious_storage.runtime.unpickled import Unpickled

if TYPE_CHECKING:
    from azure.core.credentials import TokenCredential

    from ingenious_storage.backends.azure.credentials import Identity, SharedToken
    from ingenious_storage.errors import StorageError
    from ingenious_storage.http.answers import Response

_WORD: Final = re.compile(r"[A-Za-z0-9._-]{1,100}")
_WITH_KEY: Final = (CredentialKind.ACCOUNT_KEY, CredentialKind.CONNECTION_STRING)
_WITH_SAS: Final = (CredentialKind.SAS, CredentialKind.CONNECTION_STRING)


_SOCKS: Final = "set storage.azure.driver to sdk (with `pip install pysocks`), "


class NativeAccount(Unpickled):
    """What all containers of an account share. An injected credential stays its owner's.

    Raises: ConfigurationError when a value of the credential is missing, or when a token would
    travel without TLS.
    """

    def __init__(self, key: tuple[AzureAccount, TokenCredential | None]) -> None:
        account, injected = key
        self._identity: Identity | None = None
        self.bearer: Bearer | None = None
        """What adds tokens; None where a key or a SAS signs."""
        self.client = Client(
            account.account_url, timeout=account.timeout, trust=account.trust, otherwise=_SOCKS
        )
        self.service = self._make_service(account, injected)

    def close(self) -> None:
        """Close the connections, and give the credential back."""
        self.client.close()
        if self._identity is not None:
            from ingenious_storage.backends.azure.credentials import TOKENS  # noqa: PLC0415

            TOKENS.release(self._identity)

    def _make_service(self, account: AzureAccount, injected: TokenCredential | None) -> Service:
        key, sas = account.account_key, account.sas_token
        if injected is None and key is not None and account.credential in _WITH_KEY:
            sign = SharedKey(account.account_name, key.get_secret_value()).sign
            return Service(self.client, sign, refuse, advise=start_emulator)
        if injected is None and sas is not None and account.credential in _WITH_SAS:
            sign = SasToken(sas.get_secret_value()).sign
            return Service(self.client, sign, refuse, advise=start_emulator)
        if not account.account_url.startswith("https:"):
            raise ConfigurationError(
                f"{account.account_url}: a token is sent by HTTPS only",
                hint="Use https, or sign in with a key or a SAS.",
            )
        bearer = self.bearer = Bearer(self._token(account, injected))
        return Service(self.client, bearer.sign, refuse, renew=bearer.renew, advise=start_emulator)

    def _token(self, account: AzureAccount, injected: TokenCredential | None) -> SharedToken:
        # azure-identity takes as long to import as the SDK: a key and a SAS need neither.
        from ingenious_storage.backends.azure.credentials import (  # noqa: PLC0415
            TOKENS,
            SharedToken,
            identity_of,
        )

        if injected is not None:
            return SharedToken(injected, owned=False)
        identity = identity_of(account)
        token = TOKENS.acquire(identity)
        self._identity = identity
        return token


def refuse(call: Call, answer: Response) -> StorageError:
    """The error for an answer; of its headers, only what has the form of a code or id is told."""
    headers = answer.headers
    code = fitting(_WORD, headers.get("x-ms-error-code"))
    request_id = fitting(_WORD, headers.get("x-ms-request-id"))
    refusal = Refusal("Azure", answer.status, code, request_id, retry_after(headers))
    return refused(call, refusal, rule_for(answer.status, code))


ACCOUNTS: Final = Shared(NativeAccount)
