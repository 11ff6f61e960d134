"""Argument checks: another kind than is needed is refused before anything is done with it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, TypeVar

from ingenious_storage.errors import InvalidDataError

T = TypeVar("T")
V = TypeVar("V")


def of_kind(given: object, kind: type[T], hint: str) -> T:
    """`given`, which is a `kind`. Raises: TypeError with the hint, for whoever wrote the call."""
    if isinstance(given, kind):
        return given
    raise TypeError(f"a {kind.__name__} is needed, not {type(given).__name__}: {hint}")


def items_of(given: Iterable[T], *, what: str, such_as: str) -> list[T]:
    """The items of `given`, not the letters of a text, nor the keys of a mapping.

    Raises: InvalidDataError for those, for bytes, and for what is no iterable.
    """
    if isinstance(given, Mapping):
        raise _refused(given, what, "a list", such_as)
    return keys_of(given, what=what, such_as=such_as)


def keys_of(given: Iterable[T], *, what: str, such_as: str) -> list[T]:
    """As `items_of`, but of a mapping by key its keys are meant."""
    if isinstance(given, str | bytes | bytearray | memoryview) or not isinstance(given, Iterable):
        raise _refused(given, what, "a list", such_as)
    return list(given)


def mapping_of(given: Mapping[Any, V], *, what: str, such_as: str) -> dict[Any, V]:
    """A copy of `given`. Raises: InvalidDataError for what is no mapping."""
    if not isinstance(given, Mapping):
        raise _refused(given, what, "a mapping", such_as)
    return dict(given)


def _refused(given: object, what: str, wanted: str, such_as: str) -> InvalidDataError:
    return InvalidDataError(
        f"{what} must be {wanted}, not of type {type(given).__name__}", hint=f"Such as {such_as}."
    )
