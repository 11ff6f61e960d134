"""One purge, and its receipt."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from ingenious_ops.erasure import receipt as receipts
from ingenious_ops.erasure.forgetting import forget
from ingenious_ops.erasure.journal import Journal
from ingenious_ops.erasure.run import as_entry
from ingenious_ops.erasure.targets import Target
from ingenious_storage import PurgeReceipt, Storage
from ingenious_storage.errors import StorageError


def purge_one(
    storage: Storage, conversation: str, path: Path
) -> tuple[PurgeReceipt, dict[str, Any], tuple[Path, Path]]:
    """What was purged, the receipt, and the files of it.

    What cannot be written is told before anything goes, or kept in the journal.

    Raises: as `Journal` and the purge do; ConflictError beside a journal that was interrupted.
    """
    began = storage.memory.documents.files.now()
    target = Target(storage.memory.kind.key(conversation), conversation)
    with Journal(receipts.paths_of(path)[2], receipts.place_of(storage)) as journal:
        journal.require_new()
        journal.begin([target])
        purged = _purged(storage, conversation, journal)
        entry = as_entry(target, purged)
        journal.add(entry)
        ended = storage.memory.documents.files.now()
        content = receipts.made(
            storage,
            [entry],
            selection="one id",
            started_at=began,
            ended_at=ended,
            catalogue=forget(storage, "memory", keys=[target.key]),
        )
        files = receipts.save(content, path)
        journal.complete()
    return purged, content, files


def _purged(storage: Storage, conversation: str, journal: Journal) -> PurgeReceipt:
    try:
        return storage.memory.purge_memory(conversation)
    except StorageError as error:
        if not error.outcome_unknown:  # nothing is gone
            journal.complete()
        raise
