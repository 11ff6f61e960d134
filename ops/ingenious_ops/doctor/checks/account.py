"""Settings of the account or the bucket that matter, as far as requests for data can tell."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from ingenious_ops.doctor.guide import guide_of
from ingenious_ops.doctor.model import Check, Result, passed, skipped, warned
from ingenious_storage.errors import PermissionDeniedError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from ingenious_ops.doctor.context import Context

SECTION: Final = "Account"


def checks(context: Context) -> Sequence[Check]:
    """Those that make sense for this kind of service."""
    guide = guide_of(context)
    needs = (guide.account_needs,)
    soft = (Check("account.soft_delete", SECTION, "soft delete", _soft_delete, needs),)
    return (
        Check("account.kind", SECTION, "kind", _kind, needs),
        *guide.checks,
        Check("account.versioning", SECTION, "versioning", _versioning, needs),
        *(soft if guide.has_soft_delete else ()),
    )


def _kind(context: Context) -> Result:
    try:
        found = context.handle.about(context.container("data"))
    except PermissionDeniedError:
        return _unasked(context, "kind")
    if not found.can_keep_versions:
        return warned(
            found.summary,
            hint="Such an account keeps no versions of blobs: use one without the namespace.",
        )
    return passed(found.summary)


def _versioning(context: Context) -> Result:
    if context.is_versioned is None:
        return skipped("not asked: no probe was written that could tell")
    if context.is_versioned:
        return passed("on; the probes stay as versions until the account drops them")
    return _off(
        context,
        "versioning is off: what overwrites or deletes a blob behind this library is final",
        guide_of(context).versioning_off,
    )


def _soft_delete(context: Context) -> Result:
    try:
        days = context.handle.soft_delete_days(context.container("data"))
    except PermissionDeniedError:
        return _unasked(context, "soft_delete")
    for name, given in _stated(context):
        if given < (days or 0) or (given > (days or 0) and context.is_versioned is False):
            return _misstated(context, name, given, days or 0)
    if days is None:
        return _off(
            context,
            "soft delete is off: what is deleted by mistake does not come back",
            guide_of(context).soft_delete_off,
        )
    longer = [
        f"{name} is {given}: {given - days} of it are for versions, which rules delete"
        for name, given in _stated(context)
        if given > days
    ]
    return passed(f"on, {days} days", *longer)


def _stated(context: Context) -> Iterator[tuple[str, int]]:
    """How long something can be brought back, by what receipts state."""
    storage = context.storage
    for name, given in (
        ("storage.retention_days", storage.retention_days),
        ("storage.encryption.key_retention_days", storage.encryption.key_retention_days),
    ):
        if given is not None:
            yield name, given


def _misstated(context: Context, name: str, given: int, days: int) -> Result:
    """Versions add to `days`: a version that a rule deletes is soft-deleted then."""
    more = "" if context.is_versioned is False else ", and the days that rules keep versions"
    return warned(
        f"{name} is {given}, the account keeps deleted blobs {days} days",
        hint=f"Set {name}: {days}{more}: receipts of an erasure state it.",
    )


def _off(context: Context, summary: str, how: Callable[[Context, str], str]) -> Result:
    if not context.handle.is_clouds_own:
        return passed(f"{summary.partition(':')[0]}, as on most emulators and servers of one's own")
    return warned(summary, hint=how(context, context.container("data")))


def _unasked(context: Context, what: str) -> Result:
    command = guide_of(context).who_may_ask(context, what, context.container("data"))
    hint = None if command is None else f"Run: {command}"
    return skipped("unknown: this credential may not ask", hint=hint)
