"""One erasure, and its receipt."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from ingenious_ops.erasure import receipt as receipts
from ingenious_ops.erasure.forgetting import forget
from ingenious_ops.erasure.journal import Journal
from ingenious_ops.erasure.run import as_entry, gone
from ingenious_ops.erasure.targets import Target
from ingenious_storage import PurgeReceipt, RevisionId, Storage
from ingenious_storage.documents import purge
from ingenious_storage.errors import ConflictError, NotFoundError, StorageError


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


def erase_one(storage: Storage, conversation: str, seen: RevisionId | None = None) -> Any:
    """The receipt of what was erased, or of what was gone already; no file of it.

    Args:
        seen: what has to be the newest revision, unless nothing is there any more.

    Raises: ConflictError when it is another, or was changed meanwhile: nothing is erased then;
    what the store answered, when it was not erased.
    """
    documents, key = storage.memory.documents, storage.memory.kind.key(conversation)
    began, head = documents.files.now(), documents.head(key)
    found = None if head is None or head.purged else head
    if seen is not None and found is not None and found.id != seen.id:
        raise _changed(conversation)
    target = Target(key, conversation, etag=head.etag if head is not None else None)
    try:
        if seen is not None and found is None:  # what is made there meanwhile is not what was seen
            raise NotFoundError("there is no such document", key=key)
        entry = as_entry(target, purge(documents, key, etag=target.etag))
    except ConflictError:
        raise _changed(conversation) from None
    except NotFoundError:
        entry = gone(storage.memory, target)
    return receipts.made(
        storage,
        [entry],
        selection="one id",
        started_at=began,
        ended_at=documents.files.now(),
        catalogue=forget(storage, "memory", keys=[key]),
    )


def _changed(conversation: str) -> ConflictError:
    return ConflictError(
        f"conversation {conversation!r} was changed since it was looked at; nothing was erased",
        hint="Look at it again: what was added may have to be kept.",
    )
