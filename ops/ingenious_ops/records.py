"""Records: revisions, labels and hits as JSON, for the command line and the API alike."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from ingenious_ops.times import timestamp

if TYPE_CHECKING:
    from ingenious_storage import Label, Revision
    from ingenious_storage.catalogue import Hit


def revision_json(revision: Revision) -> dict[str, Any]:
    """A revision, without its data."""
    record = asdict(revision)
    last = {name: record.pop(name) for name in ("write_id", "deleted")}
    erased = record.pop("erased")
    first = {"created_at": timestamp(revision.created_at), "tags": list(revision.tags)}
    return {**record, **first, **last, **({"erased": True} if erased else {})}


def label_json(label: Label) -> dict[str, Any]:
    """A label with its newest move."""
    return {
        "label": label.name,
        "set": label.set,
        "number": label.number,
        "write_id": label.write_id,
        "moved": revision_json(label.moved),
    }


def hit_json(hit: Hit) -> dict[str, Any]:
    """A document that was found; a piece of the excerpt says whether it is one of the words."""
    return {
        "kind": hit.kind,
        "name": hit.name,
        "revision": hit.revision,
        "changed": timestamp(hit.changed),
        "author": hit.author,
        "message": hit.message,
        "tags": list(hit.tags),
        "size": hit.size,
        "deleted": hit.deleted,
        "excerpt": [{"text": text, "hit": is_hit} for text, is_hit in hit.excerpt],
    }
