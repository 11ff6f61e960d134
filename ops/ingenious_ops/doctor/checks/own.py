"""Checks that a store brings itself."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Final

from ingenious_ops.doctor.model import Check, Result, passed

if TYPE_CHECKING:
    from ingenious_ops.doctor.context import Context
    from ingenious_storage.backends.registry import StoreCheck

SECTION: Final = "Store"


def checks(context: Context, needs: str) -> list[Check]:
    """Those of the chosen store, each of which makes no sense without the check `needs`."""
    return [
        Check(f"store.{each.name}", SECTION, each.title, partial(_ask, each), (needs,))
        for each in context.store.checks
    ]


def _ask(check: StoreCheck, context: Context) -> Result:
    return passed(check.run(context.storage))
