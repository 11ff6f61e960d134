"""Comparison: what differs between two revisions of a prompt set, line by line."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from ingenious_storage.diffs import Differ


def compared(before: Mapping[str, str], after: Mapping[str, str]) -> list[dict[str, Any]]:
    """The files that differ, by name."""
    differ = Differ()
    return [
        {
            "path": path,
            "status": _status(path, before, after),
            "hunks": list(_hunks(differ, old, new)),
        }
        for path in sorted({*before, *after})
        if (old := before.get(path)) != (new := after.get(path))
    ]


def _status(path: str, before: Mapping[str, str], after: Mapping[str, str]) -> str:
    if path not in before:
        return "added"
    return "changed" if path in after else "removed"


def _hunks(differ: Differ, old: str | None, new: str | None) -> Iterator[list[dict[str, Any]]]:
    # A line keeps its end: two texts that differ by that alone differ.
    before = (old or "").splitlines(keepends=True)
    after = (new or "").splitlines(keepends=True)
    for group in differ.groups(before, after):
        hunk: list[dict[str, Any]] = []
        for tag, start, end, new_start, new_end in group:
            if tag == "equal":
                moved = new_start - start
                hunk += [_line(" ", at, at + moved, before[at]) for at in range(start, end)]
            else:
                hunk += [_line("-", at, None, before[at]) for at in range(start, end)]
                hunk += [_line("+", None, at, after[at]) for at in range(new_start, new_end)]
        yield hunk


def _line(op: str, old: int | None, new: int | None, text: str) -> dict[str, Any]:
    return {
        "op": op,
        "old": None if old is None else old + 1,
        "new": None if new is None else new + 1,
        "text": text,
    }
