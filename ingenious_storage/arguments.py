"""Arguments of another kind than is needed, said before anything is done with them."""

from __future__ import annotations

from typing import TypeVar

T = TypeVar("T")


def of_kind(given: object, kind: type[T], hint: str) -> T:
    """`given`, which is a `kind`. Raises: TypeError with the hint, for whoever wrote the call."""
    if isinstance(given, kind):
        return given
    raise TypeError(f"a {kind.__name__} is needed, not {type(given).__name__}: {hint}")
