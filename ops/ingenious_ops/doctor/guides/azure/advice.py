"""Advice for refusals of Azure and of Entra ID, in the words of this set-up."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from ingenious_ops.doctor.guides.base import clock_first
from ingenious_ops.doctor.model import Check
from ingenious_storage.errors import StorageError

if TYPE_CHECKING:
    from ingenious_ops.doctor.context import Context
    from ingenious_storage.config import AzureAccount

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


def advise(context: Context, check: Check, error: StorageError, text: str) -> str | None:
    """The next step; `text` is all that was said, None leaves the error's own hint."""
    entra = re.search(r"AADSTS(\d+)", text)
    if entra and entra[1] in _ENTRA:
        return _ENTRA[entra[1]]
    by_code = BY_SERVICE_CODE.get(error.service_code or "")
    return None if by_code is None else by_code(Advisor(context, check))


@dataclass(frozen=True, slots=True)
class Advisor:
    """What to do about a refusal of Azure's."""

    context: Context
    check: Check

    def role(self) -> str:
        """Who lacks a data role, or permissions in its SAS."""
        context = self.context
        if account_of(context).sas_token is not None:
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
        """The network, or a role."""
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
        """Keys are off."""
        return (
            f"Take {self._secret} out of the configuration, and sign in by identity: "
            f"storage.account_name: {self._account}, storage.credential: default, then `az login` "
            "or a managed identity."
        )

    def not_authentic(self) -> str:
        """A key or a SAS that is wrong."""
        account = account_of(self.context)
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
        return clock_first(self.context) + text

    def token_refused(self) -> str:
        """A token that is not accepted."""
        return (
            f"{clock_first(self.context)}Sign in again (`az login`, or restart what has a managed "
            "identity), and check that storage.tenant_id is the tenant of the account's "
            "subscription (`az account show --query tenantId`)."
        )

    def no_container(self) -> str:
        """A container that is missing."""
        return (
            f"Check its name; create it with `{self.context.command('containers ensure')}`, or "
            "run the infrastructure program: `ingenious-storage infra up`."
        )

    @property
    def _account(self) -> str:
        return account_of(self.context).account_name

    @property
    def _secret(self) -> str:
        return secret_of(self.context) or "the key"


def account_of(context: Context) -> AzureAccount:
    """The account that the settings name."""
    return context.storage.azure_account()


def secret_of(context: Context) -> str | None:
    """Which setting holds the secret that is used, and where it was written."""
    assert context.settings is not None
    for key in ("connection_string", "account_key", "sas_token"):
        if getattr(context.storage.azure, key) is not None:
            return context.settings.written(f"storage.azure.{key}")
    return None


BY_SERVICE_CODE: Final[dict[str, Callable[[Advisor], str]]] = {
    "AuthenticationFailed": Advisor.not_authentic,
    "AuthorizationFailure": Advisor.firewall,
    "AuthorizationPermissionMismatch": Advisor.role,
    "ContainerNotFound": Advisor.no_container,
    "InvalidAuthenticationInfo": Advisor.token_refused,
    "KeyBasedAuthenticationNotPermitted": Advisor.no_keys,
}
