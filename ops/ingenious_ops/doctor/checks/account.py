"""Settings of the account that matter, as far as requests for data can tell."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from ingenious_ops.doctor.checks.network import is_azure
from ingenious_ops.doctor.model import Check, Result, passed, skipped, warned
from ingenious_storage.errors import PermissionDeniedError

if TYPE_CHECKING:
    from ingenious_ops.doctor.context import Context

SECTION: Final = "Account"


def _kind(context: Context) -> Result:
    try:
        found = context.handle.information()
    except PermissionDeniedError:
        return _unasked(context, "az storage account show --name {name} --query '[kind,sku.name]'")
    summary = f"{found.get('account_kind')}, {found.get('sku_name')}"
    if found.get("is_hns_enabled"):
        return warned(
            f"{summary}, with a hierarchical namespace",
            hint="Such an account keeps no versions of blobs: use one without the namespace.",
        )
    return passed(summary)


def _shared_key(context: Context) -> Result:
    if context.account.account_key is not None:
        return passed("allowed: this run signed with one")
    return _unasked(
        context, "az storage account show --name {name} --query allowSharedKeyAccess", anybody=True
    )


def _versioning(context: Context) -> Result:
    if context.is_versioned is None:
        return skipped("not asked: no probe was written that could tell")
    if context.is_versioned:
        return passed("on; the probes stay as versions until the account drops them")
    return _off(
        context,
        "versioning is off: what overwrites or deletes a blob behind this library is final",
        "--enable-versioning true",
    )


def _soft_delete(context: Context) -> Result:
    try:
        days = context.handle.soft_delete_days()
    except PermissionDeniedError:
        return _unasked(
            context,
            "az storage account blob-service-properties show --account-name {name} "
            "--query deleteRetentionPolicy",
        )
    given = context.storage.retention_days
    if given is not None and given != (days or 0):
        return warned(
            f"storage.retention_days is {given}, the account keeps deleted blobs {days or 0} days",
            hint=f"Set storage.retention_days: {days or 0}: receipts of a purge state it.",
        )
    if days is None:
        return _off(
            context,
            "soft delete is off: what is deleted by mistake does not come back",
            "--enable-delete-retention true --delete-retention-days 14",
        )
    return passed(f"on, {days} days")


def _off(context: Context, summary: str, options: str) -> Result:
    if not is_azure(context):
        return passed(f"{summary.partition(':')[0]}, as emulators are")
    return warned(
        summary,
        hint="Run: az storage account blob-service-properties update --account-name "
        f"{context.account.account_name} {options}",
    )


def _unasked(context: Context, command: str, *, anybody: bool = False) -> Result:
    why = "requests for data cannot ask" if anybody else "this credential may not ask"
    name = context.account.account_name
    return skipped(f"unknown: {why}", hint=f"Run: {command.format(name=name)}")


CHECKS: Final = (
    Check("account.kind", SECTION, "kind", _kind, needs=("accepted",)),
    Check("account.shared_key", SECTION, "shared keys", _shared_key, needs=("accepted",)),
    Check("account.versioning", SECTION, "versioning", _versioning, needs=("accepted",)),
    Check("account.soft_delete", SECTION, "soft delete", _soft_delete, needs=("accepted",)),
)
