"""Two revisions of a prompt set side by side, file by file: `/console/set/diff`."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated, Literal

from fastapi import Query, Request
from starlette.responses import Response

from ingenious_ops.api.context import StorageOf
from ingenious_ops.console.access import PromptReader
from ingenious_ops.console.pages.sets.parameters import NameIn
from ingenious_ops.console.prompts.sets import view_of
from ingenious_ops.console.rendering import page
from ingenious_ops.console.routing import pages_router
from ingenious_ops.console.shown.comparison import Comparison, compare

router = pages_router()


@dataclass(frozen=True, slots=True)
class FileComparison:
    """One file that differs."""

    name: str
    what: Literal["added", "changed", "removed"]
    found: Comparison


@router.get("/set/diff")
def diff(
    request: Request,
    who: PromptReader,
    storage: StorageOf,
    *,
    name: NameIn,
    old: Annotated[int, Query(alias="from", ge=1, le=10**18)],
    new: Annotated[int, Query(alias="to", ge=1, le=10**18)],
) -> Response:
    """What differs between two revisions."""
    before, after = view_of(storage.prompts, name, old), view_of(storage.prompts, name, new)
    files = compare_files(before.files, after.files)
    return page(
        request, "sets/diff.html", who, it=after, before=before, after=after, files=files, tab=""
    )


def compare_files(
    old: Mapping[str, str], new: Mapping[str, str | None], *, context: int | None = 3
) -> list[FileComparison]:
    """The files that differ, by name; a text of None: removed."""
    return [
        FileComparison(
            name,
            _what(old.get(name), new.get(name)),
            compare(old.get(name) or "", new.get(name) or "", context=context),
        )
        for name in sorted({*old, *new})
        if old.get(name) != new.get(name)
    ]


def _what(old: str | None, new: str | None) -> Literal["added", "changed", "removed"]:
    if old is None:
        return "added"
    return "removed" if new is None else "changed"
