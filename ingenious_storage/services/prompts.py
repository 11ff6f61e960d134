"""Prompt library: prompt sets, and the labels that pin revisions of them."""

from __future__ import annotations

from contextlib import AbstractContextManager
from datetime import timedelta
from functools import partial
from typing import Final

from ingenious_storage.documents import (
    DocumentStore,
    PruneReport,
    PurgeReceipt,
    Revision,
    RevisionId,
    note,
    prune,
    purge,
)
from ingenious_storage.documents.erasing.found import look
from ingenious_storage.documents.erasing.withdrawal import Withdrawal
from ingenious_storage.errors import (
    ConflictError,
    CorruptObjectError,
    NotFoundError,
    PromptNotFoundError,
    StorageError,
    missing_as,
)
from ingenious_storage.file_storage import FileStorage
from ingenious_storage.services.kinds import PROMPT_SETS
from ingenious_storage.services.labels import Label, Labels
from ingenious_storage.services.prompt_sets import PromptSets, missing_set

_OF_NO_HEAD: Final = ""
"""The ETag on condition of which a purge only finishes one that was interrupted."""


class PromptLibrary(PromptSets):
    """Prompt sets and labels of one container. Thread-safe.

    Without an argument it uses the storage that the configuration names.

    Each method raises InvalidKeyError for an unusable name, PromptNotFoundError for a set,
    prompt or label that is missing or deleted, and the errors of the store.
    """

    def __init__(
        self, file_storage: FileStorage | None = None, *, documents: DocumentStore | None = None
    ) -> None:
        super().__init__(file_storage, documents=documents)
        self._labels = Labels(self.documents)

    def prune_set(
        self,
        set_name: str,
        *,
        keep: int | None = None,
        superseded: timedelta | None = None,
        below_labels: bool = False,
        dry_run: bool = False,
    ) -> PruneReport:
        """Drop the old end of a set's history, but nothing that a label pins, nor what is newer.

        Args:
            keep, superseded: as `documents.prune` takes them.
            below_labels: drop only what is older than the oldest revision that a label pins;
                nothing of a set that no label pins.
        """
        key, below = PROMPT_SETS.key(set_name), None
        if below_labels:
            # Of none that is pinned nothing is older than the first.
            below = min(self._labels.pinned(set_name), default=1)
        with missing_set(set_name):
            return prune(
                self.documents,
                key,
                keep=keep,
                superseded=superseded,
                below=below,
                spare=lambda: self._labels.pinned(set_name),
                dry_run=dry_run,
            )

    def purge_set(self, set_name: str, *, expected: RevisionId | None = None) -> PurgeReceipt:
        """Erase a set with its whole history, for good; the receipt says what is gone.

        Its keys go with it, where it is encrypted; `copies_readable` of the receipt says whether
        copies that were made before stay readable.

        Args:
            expected: what has to be the newest revision, else ConflictError: nothing is erased.

        Raises: ConflictError while a label pins a revision of it; PromptNotFoundError.
        """
        self._require_unpinned(set_name)
        with missing_set(set_name):
            etag = None if expected is None else self._etag_of(set_name, expected)
            with Withdrawal(self.documents, partial(self._pinned, set_name)) as withdrawal:
                return self._purge(set_name, etag, withdrawal)

    def set_label(
        self,
        label: str,
        set_name: str,
        *,
        revision: int | RevisionId | None = None,
        expected: int | RevisionId | None = None,
        author: str | None = None,
        message: str | None = None,
    ) -> Label:
        """Pin a revision of a set (None: the newest). Later commits do not move the label.

        Args:
            expected: where the label has to be, else ConflictError: a Label as it was read, or its
                `moved`. 0: the label has to be new or deleted, else AlreadyExistsError.
        """
        with missing_set(set_name):
            pinned = self.documents.load(PROMPT_SETS.key(set_name), revision=revision).revision
            made = self._labels.put(label, set_name, pinned, note(author, message), expected)
            try:
                self.documents.require_kept(PROMPT_SETS.key(set_name), pinned)
            except (NotFoundError, ConflictError):  # gone before the label could hold it
                self._labels.take_back(made)
                raise
            except StorageError as error:
                error.outcome_unknown = True  # the label has moved
                raise
        return made

    def dangling_labels(self) -> list[Label]:
        """Labels whose revision is gone: its set was purged, or it was pruned.

        Those that are damaged, or pin what is damaged, are left to `verify`.
        """
        return [label for label in self._labels.readable() if not self._holds(label)]

    def get_label(self, label: str) -> Label:
        """What a label pins, to hand on as `get_set(label.set, revision=label)`."""
        with _label(label):
            return self._labels.get(label)

    def list_labels(self) -> list[Label]:
        """All labels, by name."""
        return list(self._labels)

    def label_history(self, label: str, *, limit: int | None = 20) -> list[Label]:
        """Where a label was, newest first; `moved` says when, by whom and why."""
        with _label(label):
            return self._labels.history(label, limit=limit)

    def kept_label_revisions(self, label: str) -> range:
        """The numbers of the revisions of a label that are kept, those that delete it included."""
        with _label(label):
            return self._labels.kept_revisions(label)

    def label_landed(
        self, label: str, write_id: str, *, number: int | None = None
    ) -> Revision | None:
        """What became of a CommitUnknownError of a label: as `MemoryManager.landed`."""
        return self._labels.landed(label, write_id, number=number)

    def delete_label(
        self,
        label: str,
        *,
        expected: int | RevisionId | None = None,
        author: str | None = None,
        message: str | None = None,
    ) -> Revision:
        """Delete a label; what it pinned stays.

        Raises: ConflictError when the label is not where `expected` says, as in `set_label`.
        """
        with _label(label):
            return self._labels.delete(label, note(author, message), expected)

    def _purge(self, set_name: str, etag: str | None, withdrawal: Withdrawal) -> PurgeReceipt:
        key, documents = PROMPT_SETS.key(set_name), self.documents
        for _ in documents.pauses:
            withdrawn = self._withdrawn(key, etag, withdrawal)
            if withdrawn is None:
                self._require_unpinned(set_name)
                continue
            try:
                return purge(documents, key, etag=withdrawn)
            except ConflictError:
                if etag is not None:
                    raise
        raise ConflictError("it was written again and again while it was purged", key=key)

    def _withdrawn(self, key: str, etag: str | None, withdrawal: Withdrawal) -> str | None:
        """The ETag of what may be erased; None when somebody else wrote, or pins some of it."""
        try:
            head = self.documents.existing(key)
        except NotFoundError:
            return _OF_NO_HEAD  # a set that begins only now may be pinned at once
        except CorruptObjectError:  # which nobody can pin, unless it is repaired
            found = look(self.documents, key)
            return None if found is None or found.head else etag or found.etag
        if etag not in {None, head.etag}:
            return etag  # the purge says so
        base = withdrawal.behind(head, range(head.first, head.number + 1))
        return None if base is None else base.etag

    def _require_unpinned(self, set_name: str) -> None:
        pinning = sorted(label.name for label in self._labels.pinning(set_name))
        if pinning:
            raise ConflictError(
                f"prompt set {set_name!r} is pinned by {', '.join(pinning)}",
                key=PROMPT_SETS.key(set_name),
                hint="Move the labels to another set, or delete them, and purge again.",
            )

    def _pinned(self, set_name: str) -> set[int]:
        return {label.number for label in self._labels.pinning(set_name)}

    def _etag_of(self, set_name: str, expected: RevisionId) -> str | None:
        head = self.documents.existing(PROMPT_SETS.key(set_name))
        if head.id != expected.id:
            raise ConflictError(
                f"prompt set {set_name!r} was changed since it was looked at; nothing was erased",
                key=head.key,
                hint="Look at it again: what was added may have to be kept.",
            )
        return head.etag

    def _holds(self, label: Label) -> bool:
        try:
            self.documents.load(PROMPT_SETS.key(label.set), revision=label)
        except (NotFoundError, ConflictError):
            return False
        except CorruptObjectError:
            pass
        return True


def _label(name: str) -> AbstractContextManager[None]:
    return missing_as(PromptNotFoundError, f"no label {name!r}")
