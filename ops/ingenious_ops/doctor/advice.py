"""Advice for an error: what is wrong, and the next command, in the words of this set-up."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ingenious_ops.doctor.guide import guide_of
from ingenious_ops.doctor.model import Check, Result, failed
from ingenious_ops.doctor.said import attempts
from ingenious_storage.errors import StorageError

if TYPE_CHECKING:
    from ingenious_ops.doctor.context import Context


def of_error(error: Exception, context: Context, check: Check) -> Result:
    """A failed check, for an error that it raised."""
    if isinstance(error, StorageError):
        advised = guide_of(context).hint(context, check, error)
        hint = error.hint if advised is None else advised
        return failed(error.message, *attempts(error), hint=hint, code=error.code)
    return failed(
        f"unexpected {type(error).__name__}: {error}",
        hint="This is a bug: please report it with what --ticket shows.",
        code="internal_error",
    )
