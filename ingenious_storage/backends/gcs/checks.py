"""Checks: what is refused before anything is sent, and answers that are of no use."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Final, TypeVar

from ingenious_storage.backends.base import IfMatch, PutOptions
from ingenious_storage.backends.gcs.refusals import unusable
from ingenious_storage.backends.gcs.values import is_generation, is_media_type
from ingenious_storage.errors import ConflictError, InvalidDataError

if TYPE_CHECKING:
    from ingenious_storage.backends.rest.calls import Call

T = TypeVar("T")
_MALFORMED: Final = (ValueError, LookupError, TypeError, OverflowError)


def usable(call: Call, parse: Callable[[], T]) -> T:
    """What an answer says. Raises: UnavailableError when it says nothing of use."""
    try:
        return parse()
    except _MALFORMED as error:
        raise unusable(call, f"{type(error).__name__}: {error}") from error


def unless_still(etag: str | None) -> str:
    """The query of a read of what is not `etag` any more; an ETag of no GCS matches nothing."""
    return f"&ifGenerationNotMatch={etag}" if etag and is_generation(etag) else ""


def require_generation(operation: str, key: str, condition: object) -> None:
    """Nothing has an ETag that is no generation. Raises: ConflictError."""
    if isinstance(condition, IfMatch) and not (condition.etag and is_generation(condition.etag)):
        raise ConflictError(
            f"{operation} {key!r}: nothing in GCS has the ETag {condition.etag[:80]!a}",
            operation=operation,
            key=key,
        )


def check_options(operation: str, key: str, options: PutOptions) -> None:
    """Raises: ConflictError, InvalidDataError; before anything is sent."""
    require_generation(operation, key, options.condition)
    if not is_media_type(options.content_type):
        raise InvalidDataError(
            f"{operation} {key!r}: the content type {options.content_type[:80]!a} is none",
            operation=operation,
            key=key,
            hint="Printable ASCII, such as application/json.",
        )
