"""Labels (`production`, `canary`): names that pin one revision of a prompt set."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from typing import Final

from ingenious_storage.documents import Document, DocumentStore, Note, Pinned, Revision
from ingenious_storage.errors import ConflictError, CorruptObjectError, NotFoundError
from ingenious_storage.keys import is_name, validate_name

ROOT: Final = "labels/"
_LEAF: Final = ".json"


@dataclass(frozen=True, slots=True)
class Label:
    """What a label pins, and the revision of the label's own history that says so."""

    name: str
    set: str
    number: int
    write_id: str
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
        revision: Pinned,
        why: Note,
    ) -> Label:
        pinned = {"set": set_name, "number": revision.number, "write_id": revision.write_id}
        moved = self._documents.save(_key(name), pinned, name=name, note=why)
        return Label(name, set_name, revision.number, revision.write_id, moved)

    def take_back(self, label: Label) -> None:
        """Undo a move, unless somebody has moved the label on."""
        key, moved = _key(label.name), label.moved
        why = Note(message=f"Undo of revision {moved.number}: what it pinned is gone")
        with suppress(ConflictError):
            try:
                before = self._documents.load(key, revision=moved.number - 1).data
            except NotFoundError:  # there was none
                self._documents.delete(key, note=why, expected=moved)
            else:
                self._documents.save(key, before, name=label.name, note=why, expected=moved)

    def get(self, name: str) -> Label:
        """Raises: NotFoundError."""
        return self._label(name, self._documents.load(_key(name)))

    def readable(self) -> Iterator[Label]:
        """All labels but those that are damaged."""
        for key in filter(is_label_key, self._documents.files.list_keys(ROOT)):
            with suppress(NotFoundError, CorruptObjectError):
                yield self.get(label_name(key))

    def __iter__(self) -> Iterator[Label]:
        for key in self._documents.list(ROOT):
            with suppress(NotFoundError):  # deleted since it was listed
                yield self.get(label_name(key))

    def pinned(self, set_name: str) -> set[int]:
        """Numbers of the revisions of a set that some label pins."""
        return {label.number for label in self if label.set == set_name}

    def history(self, name: str, *, limit: int | None) -> list[Label]:
        """Where the label was, newest first. Raises: NotFoundError."""
        key = _key(name)
        revisions = self._documents.history(key, limit=limit)
        return [
            self._label(name, self._documents.load(key, revision=revision))
            for revision in revisions
            if not revision.deleted
        ]

    def kept_revisions(self, name: str) -> range:
        return self._documents.kept_revisions(_key(name))

    def landed(self, name: str, write_id: str, *, number: int | None) -> Revision | None:
        return self._documents.landed(_key(name), write_id, number=number)

    def delete(self, name: str, why: Note) -> Revision:
        return self._documents.delete(_key(name), note=why)

    def _label(self, name: str, document: Document) -> Label:
        match document.data:
            case {"set": str(pinned), "number": int(number), "write_id": str(write_id)}:
                return Label(name, pinned, number, write_id, document.revision)
        corrupt = CorruptObjectError("this is no label", key=_key(name))
        raise self._documents.watch.corrupt_object(corrupt)


def _key(name: str) -> str:
    return f"{ROOT}{validate_name(name, what='label')}{_LEAF}"


def label_name(key: str) -> str:
    return key.removeprefix(ROOT).removesuffix(_LEAF)


def is_label_key(key: str) -> bool:
    name = label_name(key)
    return key == f"{ROOT}{name}{_LEAF}" and is_name(name)
