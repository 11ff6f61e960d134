"""Guide of Azure Blob Storage and its emulator."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import TYPE_CHECKING, ClassVar, Final

from ingenious_ops.doctor.guides.azure import credential
from ingenious_ops.doctor.guides.azure.advice import account_of, advise
from ingenious_ops.doctor.guides.base import Guide
from ingenious_ops.doctor.model import Check, Result, passed, skipped
from ingenious_ops.doctor.said import attempts
from ingenious_storage.config import emulator_command

if TYPE_CHECKING:
    from ingenious_ops.doctor.context import Context
    from ingenious_ops.doctor.places import Place
    from ingenious_storage.backends.account import Knock
    from ingenious_storage.errors import StorageError

_SERVERS: Final = re.compile(r"(?i)windows-azure|azurite")
_PROPERTIES: Final = "az storage account blob-service-properties"
_ASK: Final = {
    "kind": "az storage account show --name {name} --query '[kind,sku.name]'",
    "shared_key": "az storage account show --name {name} --query allowSharedKeyAccess",
    "soft_delete": f"{_PROPERTIES} show --account-name {{name}} --query deleteRetentionPolicy",
}


def _shared_key(context: Context) -> Result:
    account = account_of(context)
    if account.account_key is not None:
        return passed("allowed: this run signed with one")
    ask = _ASK["shared_key"].format(name=account.account_name)
    return skipped("unknown: requests for data cannot ask", hint=f"Run: {ask}")


class AzureGuide(Guide):
    """Its words are those of the `az` command line."""

    max_skew = timedelta(minutes=15)
    """Source: "Authorize with Shared Key", section on the Date header."""
    disbelief = frozenset({"AuthorizationFailure", "KeyBasedAuthenticationNotPermitted"})
    has_soft_delete = True
    checks: ClassVar = (
        Check("account.shared_key", "Account", "shared keys", _shared_key, needs=("accepted",)),
    )

    def unknown_host(self, context: Context, place: Place) -> str:
        return (
            "Is the account's name right? `az storage account show --name "
            f"{account_of(context).account_name}`. If it is: with a private endpoint, link its "
            "private DNS zone to this network (`az network private-dns link vnet list`)."
        )

    def nobody_listens(self, context: Context, place: Place) -> str:
        return (
            f"Nothing listens there. Start the emulator: `{emulator_command(place.port)}`, or "
            f"correct {context.handle.endpoint_key}."
        )

    def is_it(self, knock: Knock) -> bool:
        headers = knock.headers
        return "x-ms-request-id" in headers or bool(_SERVERS.search(headers.get("server", "")))

    def of_knock(self, context: Context) -> tuple[str, ...]:
        tenant = credential.trusted_tenant(context)
        return (f"the account trusts the tenant {tenant}",) if tenant else ()

    def credential(self, context: Context) -> Result:
        return credential.chosen(context)

    def hint(self, context: Context, check: Check, error: StorageError) -> str | None:
        return advise(context, check, error, "\n".join((error.message, *attempts(error))))

    def versioning_off(self, context: Context, container: str) -> str:
        return self._update(context, container, "--enable-versioning true")

    def soft_delete_off(self, context: Context, container: str) -> str:
        options = "--enable-delete-retention true --delete-retention-days 14"
        return self._update(context, container, options)

    def who_may_ask(self, context: Context, what: str, container: str) -> str | None:
        return _ASK[what].format(name=account_of(context).account_name) if what in _ASK else None

    @staticmethod
    def _update(context: Context, _container: str, options: str) -> str:
        name = account_of(context).account_name
        return f"Run: {_PROPERTIES} update --account-name {name} {options}"
