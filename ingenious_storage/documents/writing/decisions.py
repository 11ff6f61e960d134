"""Decisions: what each call puts on top of the head that it meets.

A commit asks its decision again on each newer head, so a decision has no effect of its own that
may not happen twice.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from ingenious_storage.documents.format.encoding import Encoding
from ingenious_storage.documents.format.head import Draft, Head
from ingenious_storage.documents.format.markers import mark_deleted
from ingenious_storage.documents.format.revision import Note, RevisionId, number_of
from ingenious_storage.documents.reader import Reader, require_data
from ingenious_storage.errors import (
    AlreadyExistsError,
    ConflictError,
    NotFoundError,
    UnsupportedFormatError,
)
from ingenious_storage.file_storage import FileStorage
from ingenious_storage.jsondata import Json

Decide = Callable[[Head | None], Draft | None]
"""What to put on top of a head; None when nothing has to change; raises what forbids it."""


@dataclass(frozen=True, slots=True)
class Start:
    """What is taken for the head at first: read just now, or only remembered or assumed."""

    head: Head | None
    fresh: bool


def overwrite(
    key: str, draft: Draft, expected: int | RevisionId | None, *, encoding: Encoding
) -> Decide:
    """`draft`, whatever is there. Raises: ConflictError unless that is `expected`."""

    def decide(head: Head | None) -> Draft:
        _require(key, head, expected)
        _require_encoding(key, head, encoding)
        return draft

    return decide


def create(key: str, draft: Draft, *, encoding: Encoding) -> Decide:
    """`draft`, where nothing is, or what was deleted. Raises: AlreadyExistsError."""

    def decide(head: Head | None) -> Draft:
        if head is not None and not head.deleted:
            raise AlreadyExistsError("this name is taken", key=key)
        _require_encoding(key, head, encoding)
        return draft

    return decide


def update(
    key: str,
    fn: Callable[[Json], Json],
    encode: Callable[[Json], bytes],
    note: Note,
    expected: int | RevisionId | None,
    *,
    encoding: Encoding,
) -> Decide:
    """What `fn` makes of the data; nothing when its bytes are the same.

    Raises: TypeError when `fn` returns None; ConflictError unless `expected` is there, and when the
    document was there and is gone at a later try, because it would come back.
    """
    seen = False

    def decide(head: Head | None) -> Draft | None:
        nonlocal seen
        _require(key, head, expected)
        _require_encoding(key, head, encoding)
        there = head is not None and not head.deleted
        if seen and not there:
            raise ConflictError("the document was deleted while it was updated", key=key)
        seen = seen or there
        old = head.data if head is not None and there else None
        new = fn(None if old is None else encoding.loads(old, key=key))
        if new is None:
            raise TypeError("fn returned None: a forgotten return must not wipe a document")
        data = encode(new)
        unchanged = old is not None and encoding.same(data, old)
        return None if unchanged else Draft(data, note)

    return decide


def delete(files: FileStorage, key: str, note: Note, expected: int | RevisionId | None) -> Decide:
    """A deletion. Raises: NotFoundError, ConflictError unless `expected` is there."""
    marked: Head | None = None

    def decide(head: Head | None) -> Draft:
        nonlocal marked
        if head is None or head.deleted:
            raise NotFoundError("there is nothing to delete", key=key)
        _require(key, head, expected)
        # The marker is put before the head says so: see `format.markers`. Once a document is
        # enough, however many tries it takes.
        if marked is None or marked.origin != head.origin:
            mark_deleted(files, key)
            marked = head
        return Draft(b"null", note, deleted=True)

    return decide


def restore(reader: Reader, key: str, note: Note, expected: int | RevisionId | None) -> Decide:
    """What the last deletion took away; nothing when there is none.

    Raises: NotFoundError, ConflictError unless `expected` is there.
    """

    def decide(head: Head | None) -> Draft | None:
        if head is None:
            raise NotFoundError("there is nothing to restore", key=key)
        _require(key, head, expected)
        if not head.deleted:
            return None
        entry, data = reader.data(head, head.number - 1)
        require_data(entry, key=key)
        return Draft(data, note)

    return decide


def rollback(
    reader: Reader,
    key: str,
    revision: int | RevisionId,
    note: Note,
    expected: int | RevisionId | None,
) -> Decide:
    """The data of `revision`.

    Raises: NotFoundError, ConflictError unless `expected` is there, and as `Reader.revision`.
    """

    def decide(head: Head | None) -> Draft:
        if head is None:
            raise NotFoundError("there is no such document", key=key)
        _require(key, head, expected)
        return Draft(reader.revision(head, revision)[1], note)

    return decide


def _require_encoding(key: str, head: Head | None, encoding: Encoding) -> None:
    """Raises: UnsupportedFormatError: a document keeps the encoding that it began with."""
    if head is not None and head.encoding != encoding.name:
        raise UnsupportedFormatError(
            f"the data of this document are {head.encoding}, and {encoding.name} was to be written",
            key=key,
            hint="Write it by the store of its own kind, such as storage.agents(...).",
        )


def _require(key: str, head: Head | None, expected: int | RevisionId | None) -> None:
    """Raises: ConflictError unless `expected` is the newest revision; 0 expects no document."""
    if expected is None:
        return
    wanted = number_of(expected)
    if isinstance(expected, int):
        agrees = wanted == (0 if head is None else head.number)
    else:
        agrees = head is not None and head.id == expected.id
    if not agrees:
        sought = f"revision {wanted}" if wanted else "no document"
        found = "nothing" if head is None else f"revision {head.number}"
        raise ConflictError(f"expected {sought}, found {found}", key=key)
