"""Labels (`production`, `canary`): names that pin one revision of a prompt set."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass

from ingenious_storage.documents import Document, DocumentStore, Note, Revision, RevisionId
from ingenious_storage.errors import ConflictError, CorruptObjectError, NotFoundError, StorageError
from ingenious_storage.services.kinds import LABELS


@dataclass(frozen=True, slots=True)
class Label(RevisionId):
    """The revision of a prompt set that a label pins: as `revision=` it is that revision."""

    name: str
    """Of the label."""
    set: str
    """The prompt set that the revision is of."""
    moved: Revision
    """When the label was moved here, by whom and why."""


class Labels:
    """One small versioned document for each label, so that editing a set never moves it."""

    def __init__(self, documents: DocumentStore) -> None:
        self._documents = documents

    def put(
        self,
        name: str,
        set_name: str,
        revision: RevisionId,
        why: Note,
        expected: int | RevisionId | None = None,
    ) -> Label:
        """Pin `revision` of a set. Raises: ConflictError, AlreadyExistsError as `expected` says."""
        key, pinned = LABELS.key(name), {"set": set_name, **revision.id.json()}
        if expected == 0:
            moved = self._documents.create(key, pinned, name=name, note=why)
        else:
            moved = self._documents.save(
                key, pinned, name=name, note=why, expected=_moved(expected)
            )
        return Label(revision.number, revision.write_id, name, set_name, moved)

    def take_back(self, label: Label) -> None:
        """Undo a move, unless somebody has moved or deleted the label since.

        Raises: an error with `outcome_unknown` when the label may still be where it was moved.
        """
        try:
            self._undo(label)
        except (ConflictError, NotFoundError):
            pass
        except StorageError as error:
            error.outcome_unknown = True
            raise

    def _undo(self, label: Label) -> None:
        key, moved = LABELS.key(label.name), label.moved
        why = Note(message=f"Undo of revision {moved.number}: what it pinned is gone")
        try:
            before = self._documents.load(key, revision=moved.number - 1).data
        except NotFoundError:  # there was none
            self._documents.delete(key, note=why, expected=moved)
        else:
            self._documents.save(key, before, name=label.name, note=why, expected=moved)

    def get(self, name: str) -> Label:
        """Raises: NotFoundError."""
        return self._get(LABELS.key(name))

    def readable(self) -> Iterator[Label]:
        """All labels but those that are damaged, as they are now, whatever a cache remembers."""
        for key in filter(LABELS.owns, self._documents.files.list_keys(LABELS.root)):
            with suppress(NotFoundError, CorruptObjectError):
                yield self._get(key, fresh=True)

    def pinning(self, set_name: str) -> list[Label]:
        """The readable ones that pin a revision of a set."""
        return [label for label in self.readable() if label.set == set_name]

    def __iter__(self) -> Iterator[Label]:
        return self._all(fresh=False)

    def _all(self, *, fresh: bool) -> Iterator[Label]:
        for key in self._documents.list(LABELS.root):
            with suppress(NotFoundError):  # deleted since it was listed
                yield self._get(key, fresh=fresh)

    def pinned(self, set_name: str) -> set[int]:
        """Numbers of the revisions of a set that some label pins now, whatever a cache remembers:
        what nobody pins may be erased."""
        return {label.number for label in self._all(fresh=True) if label.set == set_name}

    def history(self, name: str, *, limit: int | None) -> list[Label]:
        """Where the label was, newest first. Raises: NotFoundError."""
        key = LABELS.key(name)
        revisions = self._documents.history(key, limit=limit)
        return [
            self._label(key, self._documents.load(key, revision=revision))
            for revision in revisions
            if not revision.deleted
        ]

    def kept_revisions(self, name: str) -> range:
        """Numbers of the revisions of the label that are kept. Raises: NotFoundError."""
        return self._documents.kept_revisions(LABELS.key(name))

    def landed(self, name: str, write_id: str, *, number: int | None) -> Revision | None:
        """The revision of the label that `write_id` made, if it landed."""
        return self._documents.landed(LABELS.key(name), write_id, number=number)

    def delete(self, name: str, why: Note, expected: int | RevisionId | None = None) -> Revision:
        """Raises: NotFoundError; ConflictError unless the label is where `expected` says."""
        return self._documents.delete(LABELS.key(name), note=why, expected=_moved(expected))

    def _get(self, key: str, *, fresh: bool = False) -> Label:
        return self._label(key, self._documents.load(key, fresh=fresh))

    def _label(self, key: str, document: Document) -> Label:
        match document.data:
            case {"set": str(pinned), "number": int(number), "write_id": str(write_id)}:
                return Label(number, write_id, LABELS.segment(key), pinned, document.revision)
        corrupt = CorruptObjectError("this is no label", key=key)
        raise self._documents.telemetry.corrupt_object(corrupt)


def _moved(expected: int | RevisionId | None) -> int | RevisionId | None:
    """The revision of the label itself, of whoever has handed on the whole label."""
    return expected.moved if isinstance(expected, Label) else expected
