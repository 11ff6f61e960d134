"""Revisions and labels as rows of a table, and as JSON."""

from __future__ import annotations

from collections.abc import Sequence, Sized
from typing import TYPE_CHECKING, Any, Final

from ingenious_ops.records import label_json, revision_json
from ingenious_ops.times import timestamp

if TYPE_CHECKING:
    from ingenious_ops.cli.output import Output
    from ingenious_storage import Label, Revision

__all__ = [
    "HISTORY",
    "LABELS",
    "cut_off",
    "history_rows",
    "label_json",
    "label_rows",
    "message_of",
    "revision_json",
    "say_cut_off",
]

HISTORY: Final = ("revision", "created", "bytes", "author", "message")
LABELS: Final = ("label", "pins", "moved", "author", "message")


def cut_off(shown: Sized, kept: range) -> dict[str, Any]:
    """How much of a history is shown, for JSON."""
    return {"total": len(kept), "truncated": len(shown) < len(kept)}


def say_cut_off(out: Output, shown: Sized, kept: range) -> None:
    """Say how many revisions are left out, if any."""
    if len(shown) < len(kept):
        out.say(f"the newest {len(shown)} of {len(kept)} revisions; --all shows the rest")


def history_rows(revisions: Sequence[Revision]) -> list[tuple[object, ...]]:
    """Revisions as rows of a table."""
    return [
        (
            revision.number,
            timestamp(revision.created_at, seconds=True),
            revision.size,
            revision.author or "",
            message_of(revision),
        )
        for revision in revisions
    ]


def label_rows(labels: Sequence[Label]) -> list[tuple[object, ...]]:
    """Labels as rows of a table."""
    return [
        (
            label.name,
            f"{label.set}@{label.number}",
            timestamp(label.moved.created_at, seconds=True),
            label.moved.author or "",
            message_of(label.moved),
        )
        for label in labels
    ]


def message_of(revision: Revision) -> str:
    """What a revision says of itself, in one cell."""
    tags = " ".join(f"[{tag}]" for tag in revision.tags)
    gone = "(erased)" if revision.erased else "(deleted)" if revision.deleted else ""
    return " ".join(filter(None, (gone, revision.message, tags)))
