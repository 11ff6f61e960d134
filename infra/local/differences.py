"""Differences of two values, path by path."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, NamedTuple

_MISSING = object()


class Difference(NamedTuple):
    """One path whose value was added, removed or changed ("add", "delete" or "update")."""

    path: str
    change: str


def differences(old: Any, new: Any, path: str = "") -> Iterator[Difference]:
    """The differences of two JSON values, down to single values and list items."""
    if isinstance(old, dict) and isinstance(new, dict):
        for key in sorted(old.keys() | new.keys()):
            inner = f"{path}.{key}" if path else key
            yield from differences(old.get(key, _MISSING), new.get(key, _MISSING), inner)
    elif isinstance(old, list) and isinstance(new, list) and len(old) == len(new):
        for index, (before, after) in enumerate(zip(old, new, strict=True)):
            yield from differences(before, after, f"{path}[{index}]")
    elif old is _MISSING:
        yield Difference(path, "add")
    elif new is _MISSING:
        yield Difference(path, "delete")
    elif not _is_same(path, old, new):
        yield Difference(path, "update")


def _is_same(path: str, old: Any, new: Any) -> bool:
    """Azure takes "Australia East" for "australiaeast"."""
    if path == "location" and isinstance(old, str) and isinstance(new, str):
        return old.replace(" ", "").lower() == new.replace(" ", "").lower()
    return bool(old == new)
