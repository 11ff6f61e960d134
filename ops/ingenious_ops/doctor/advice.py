"""Advice for an error: what is wrong, and the next command, in the words of this set-up."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from ingenious_ops.doctor.model import WARN_SKEW, Check, Result, failed
from ingenious_storage.errors import AuthenticationError, StorageError

if TYPE_CHECKING:
    from ingenious_ops.doctor.context import Context

# "Microsoft Entra authentication and authorization error codes".
_ENTRA: Final = {
    "50020": "The user is of another tenant: `az login --tenant TENANT`, and storage.tenant_id.",
    "50034": "There is no such user in that tenant: check storage.tenant_id.",
    "50076": "The tenant asks for a second factor: `az login --tenant TENANT` in a terminal.",
    "53003": "A conditional access policy refuses this place or device: ask the tenant's admin.",
    "70043": "The sign-in has expired: `az login`.",
    "700016": "The tenant has no such application: check storage.client_id and storage.tenant_id.",
    "700024": "The federated token is not valid now: check this machine's clock and its file.",
    "700082": "The sign-in has expired: `az login`.",
    "70021": "No federated credential matches: check its issuer and subject at the application.",
    "7000215": "The client secret is wrong: `az ad app credential reset --id CLIENT_ID`.",
    "7000222": "The client secret has expired: `az ad app credential reset --id CLIENT_ID`.",
    "90002": "There is no such tenant: check storage.tenant_id (`az account tenant list`).",
}

_PROSE: Final = ("Attempted credentials", "To mitigate")


def of_error(error: Exception, context: Context, check: Check) -> Result:
    """A failed check, for an error that it raised."""
    if isinstance(error, StorageError):
        attempts = _attempts(error)
        hint = _Advisor(context, check).hint(error, "\n".join((error.message, *attempts)))
        return failed(error.message, *attempts, hint=hint, code=error.code)
    return failed(
        f"unexpected {type(error).__name__}: {error}",
        hint="This is a bug: please report it with what --ticket shows.",
        code="internal_error",
    )


def _attempts(error: StorageError) -> list[str]:
    """What each credential of a chain said, which azure-identity tells in lines of one message."""
    if not isinstance(error, AuthenticationError) or error.service_code is not None:
        return []
    text = str(getattr(error.__cause__, "message", ""))
    lines = [line.strip() for line in text.splitlines()[1:]]
    return [line for line in lines if line and not line.startswith(_PROSE)]


@dataclass(frozen=True, slots=True)
class _Advisor:
    context: Context
    check: Check

    def hint(self, error: StorageError, text: str) -> str:
        entra = re.search(r"AADSTS(\d+)", text)
        if entra and entra[1] in _ENTRA:
            return _ENTRA[entra[1]]
        advise = _BY_SERVICE_CODE.get(error.service_code or "")
        return error.hint if advise is None else advise(self)

    def role(self) -> str:
        """Who lacks a data role, or permissions in its SAS."""
        context = self.context
        if context.account.sas_token is not None:
            return (
                "The SAS does not allow this: make one with the permissions racwdl "
                "(`az storage container generate-sas --permissions racwdl ...`)."
            )
        container, _, asked = self.check.name.partition(".")
        in_revisions = container == "revisions"
        reads = asked in {"container", "list", "read"}
        role = "Reader" if in_revisions and reads else "Contributor"
        who = (context.claims and context.claims.object_id) or "OBJECT_ID"
        return (
            f"Run: az role assignment create --role 'Storage Blob Data {role}' --assignee {who} "
            f'--scope "$(az storage account show --name {self._account} --query id --output tsv)'
            f"/blobServices/default/containers/"
            f'{context.container("revisions" if in_revisions else "data")}" (Owner and '
            "Contributor grant no access to data; a new role takes up to 30 minutes)"
        )

    def firewall(self) -> str:
        if self._account == "devstoreaccount1":
            return (
                "The emulator answers this to a wrong key: use its published key, "
                "`export AZURE_STORAGE_CONNECTION_STRING=UseDevelopmentStorage=true`."
            )
        name = self._account
        return (
            "One of two: the account's firewall refuses this network (`az storage account show "
            f"--name {name} --query '[publicNetworkAccess,networkRuleSet]'`, then `az storage "
            f"account network-rule add --account-name {name} --ip-address ADDRESS`), or the "
            f"identity lacks a role: {self.role()}"
        )

    def no_keys(self) -> str:
        return (
            f"Take {self._secret} out of the configuration, and sign in by identity: "
            f"storage.account_name: {self._account}, storage.credential: default, then `az login` "
            "or a managed identity."
        )

    def not_authentic(self) -> str:
        account = self.context.account
        if account.account_key is not None:
            text = (
                f"The key is wrong or was rotated: correct {self._secret} "
                f"(`az storage account keys list --account-name {self._account}`)."
            )
        elif account.sas_token is not None:
            text = (
                f"The SAS is wrong, or its key was rotated: replace {self._secret} "
                f"(`az storage container generate-sas --account-name {self._account} ...`)."
            )
        else:
            return self.token_refused()
        return self._clock_first + text

    def token_refused(self) -> str:
        return (
            f"{self._clock_first}Sign in again (`az login`, or restart what has a managed "
            "identity), and check that storage.tenant_id is the tenant of the account's "
            "subscription (`az account show --query tenantId`)."
        )

    def no_container(self) -> str:
        return (
            f"Check its name; create it with `{self.context.command('containers ensure')}`, or "
            "run the infrastructure program: `ingenious-storage infra up`."
        )

    @property
    def _account(self) -> str:
        return self.context.account.account_name

    @property
    def _clock_first(self) -> str:
        skew = self.context.skew
        return "" if skew is None or abs(skew) <= WARN_SKEW else "Set this machine's clock first. "

    @property
    def _secret(self) -> str:
        return secret_of(self.context) or "the key"


def secret_of(context: Context) -> str | None:
    """Which setting holds the secret that is used, and where it was written."""
    assert context.settings is not None
    for key in ("connection_string", "account_key", "sas_token"):
        if getattr(context.storage.azure, key) is not None:
            return context.settings.written(f"storage.azure.{key}")
    return None


_BY_SERVICE_CODE: Final[dict[str, Callable[[_Advisor], str]]] = {
    "AuthenticationFailed": _Advisor.not_authentic,
    "AuthorizationFailure": _Advisor.firewall,
    "AuthorizationPermissionMismatch": _Advisor.role,
    "ContainerNotFound": _Advisor.no_container,
    "InvalidAuthenticationInfo": _Advisor.token_refused,
    "KeyBasedAuthenticationNotPermitted": _Advisor.no_keys,
}
