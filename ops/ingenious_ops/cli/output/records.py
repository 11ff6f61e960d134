"""Revisions and labels as JSON, and as rows of a table."""

from __future__ import annotations

from collections.abc import Sequence, Sized
from dataclasses import asdict
from typing import TYPE_CHECKING, Any, Final

from ingenious_ops.times import timestamp

if TYPE_CHECKING:
    from ingenious_ops.cli.output import Output
    from ingenious_storage import Label, Revision

HISTORY: Final = ("revision", "created", "bytes", "author", "message")
LABELS: Final = ("label", "pins", "moved", "author", "message")


def revision_json(revision: Revision) -> dict[str, Any]:
    """A revision as `--json` has it."""
    record = asdict(revision)
    last = {name: record.pop(name) for name in ("write_id", "deleted")}
    first = {"created_at": timestamp(revision.created_at), "tags": list(revision.tags)}
    return {**record, **first, **last}


def label_json(label: Label) -> dict[str, Any]:
    """A label as `--json` has it, with its newest move."""
    return {
        "label": label.name,
        "set": label.set,
        "number": label.number,
        "write_id": label.write_id,
        "moved": revision_json(label.moved),
    }


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
    return " ".join(filter(None, ("(deleted)" if revision.deleted else "", revision.message, tags)))
