"""Erasing: each conversation by a purge of its own, several at a time."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import suppress
from typing import Any

from ingenious_ops.erasure.journal import Journal
from ingenious_ops.erasure.targets import Target
from ingenious_ops.times import timestamp
from ingenious_storage import MemoryManager, PurgeReceipt
from ingenious_storage.documents import purge
from ingenious_storage.errors import ConflictError, NotFoundError, StorageError
from ingenious_storage.runtime.parallel import map_stream


def erase(
    memory: MemoryManager,
    targets: Sequence[Target],
    journal: Journal,
    *,
    on_progress: Callable[[int], None] = lambda _count: None,
) -> list[dict[str, Any]]:
    """What became of each, as it stands in a receipt; with what the journal had already.

    Progress is of those that did not fail.

    An error of one does not stop the others.
    """
    waiting = [target for target in targets if target.key not in journal.done]
    before = set(journal.begun)
    journal.begin(target for target in waiting if target.key not in before)

    def one(target: Target) -> dict[str, Any] | None:
        entry = _erased(memory, target, again=target.key in before)
        if entry is not None:
            journal.add(entry)
        on_progress(int(entry is None or entry["status"] != "failed"))
        return entry

    found = map_stream(one, waiting, workers=memory.documents.workers, batch=1)
    return [*journal.done.values(), *(entry for entry in found if entry is not None)]


def _erased(memory: MemoryManager, target: Target, *, again: bool) -> dict[str, Any] | None:
    """None for a tombstone that nothing was left behind."""
    try:
        receipt = purge(memory.documents, target.key, etag=target.etag)
    except ConflictError:
        return _entry(target, "kept", detail="it was changed while it waited to be erased")
    except NotFoundError:
        if target.leftover and not again:
            return None
        return gone(memory, target, again=again)
    except StorageError as error:
        detail = f"{error.message} [{error.code}]"
        return _entry(target, "failed", detail=detail)
    return as_entry(target, receipt)


def as_entry(target: Target, receipt: PurgeReceipt) -> dict[str, Any]:
    """One purge, as it stands in a receipt."""
    until = receipt.recoverable_until
    return _entry(
        target,
        "erased",
        revisions=receipt.revisions,
        blobs=receipt.blobs,
        bytes=receipt.bytes,
        keys=None if receipt.keys is None else list(receipt.keys),
        origin=receipt.origin,
        purged_at=timestamp(receipt.purged_at),
        recoverable_until=None if until is None else timestamp(until),
    )


def gone(memory: MemoryManager, target: Target, *, again: bool = False) -> dict[str, Any]:
    """Nothing is there; an earlier run that was interrupted may have erased it."""
    purged_at, origin = None, None
    with suppress(StorageError):
        head = memory.documents.head(target.key)
        if head is not None and head.purged and head.purges.newest:
            origin = head.purges.newest[-1].origin
            purged_at = timestamp(memory.documents.files.blob_info(target.key).last_modified)
    detail = "erased by a run that was interrupted before it could count it" if again else None
    return _entry(target, "gone", origin=origin, purged_at=purged_at, detail=detail)


def _entry(target: Target, status: str, **known: Any) -> dict[str, Any]:
    return {
        "id": target.id,
        "key": target.key,
        "status": status,
        "revisions": None,
        "blobs": 0,
        "bytes": 0,
        "keys": None,
        "origin": None,
        "purged_at": None,
        "recoverable_until": None,
        "detail": None,
        **known,
    }
