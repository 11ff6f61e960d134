"""`DocumentStore`: versioned documents by key, in one container. What the services are built on."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime
from functools import partial
from typing import TypeVar

from ingenious_storage.arguments import of_kind
from ingenious_storage.documents.document import Document, document_of
from ingenious_storage.documents.format.encoding import JSON, Encoding
from ingenious_storage.documents.format.head import Draft, Head
from ingenious_storage.documents.format.revision import NO_NOTE, Note, Revision, RevisionId
from ingenious_storage.documents.format.segment import unpacked_limit
from ingenious_storage.documents.listings import Listings, any_key
from ingenious_storage.documents.reader import Reader
from ingenious_storage.documents.retention import UNKNOWN, Retention
from ingenious_storage.documents.telemetry import DocumentTelemetry, traced
from ingenious_storage.documents.writing import decisions
from ingenious_storage.documents.writing.committer import Committer, utc_now
from ingenious_storage.documents.writing.decisions import Decide, Start
from ingenious_storage.documents.writing.landed import landed
from ingenious_storage.documents.writing.pauses import Pauses
from ingenious_storage.documents.writing.turns import Turns
from ingenious_storage.errors import (
    ConflictError,
    CorruptObjectError,
    NotFoundError,
    RevisionPrunedError,
)
from ingenious_storage.file_storage import FileStorage
from ingenious_storage.jsondata import Json
from ingenious_storage.keys import validate_key
from ingenious_storage.runtime.parallel import WORKERS
from ingenious_storage.runtime.unpickled import Unpickled

T = TypeVar("T")
_CONTAINER = (
    "give a container, such as storage.data, or use what a Storage has: storage.memory, "
    "storage.prompts"
)
MAX_DOCUMENT_BYTES = 16 * 1024 * 1024


class DocumentStore(Listings, Unpickled):
    """Versioned documents in one container. Thread-safe.

    Args:
        files: where the documents lie.
        max_document_bytes: bound of a revision's data as JSON, checked before any I/O.
        workers: parallel requests of one call.
        readers: of one that only reads; None for as many.
        retention: how long the account itself keeps what was deleted; purge receipts have it.
        owns: whether a key has the shape of these documents' keys; blobs of other keys are left
            alone by listings, `verify` and `gc`.
        clock: gives `created_at`, with a time zone.
        pauses: waits between tries.
        encoding: of the data of new documents.
    """

    def __init__(
        self,
        files: FileStorage,
        *,
        max_document_bytes: int = MAX_DOCUMENT_BYTES,
        workers: int = WORKERS,
        readers: int | None = None,
        retention: Retention = UNKNOWN,
        owns: Callable[[str], bool] = any_key,
        clock: Callable[[], datetime] = utc_now,
        pauses: Pauses | None = None,
        encoding: Encoding = JSON,
    ) -> None:
        self.files, self.workers = of_kind(files, FileStorage, _CONTAINER), workers
        self.retention, self.owns, self.clock = retention, owns, clock
        self.reader = Reader(files, readers or workers, unpacked_limit(max_document_bytes))
        self.telemetry = DocumentTelemetry(files.role)
        self.pauses = pauses or Pauses()
        self.turns = Turns()
        self._committer = Committer(
            self.reader,
            self.telemetry,
            max_document_bytes,
            encoding,
            clock,
            self.pauses,
            self.turns,
        )

    @property
    def encoding(self) -> Encoding:
        """Of the data of new documents."""
        return self._committer.encoding

    @property
    def readers(self) -> int:
        """Parallel requests of a call that only reads."""
        return self.reader.workers

    def encode(self, value: Json) -> bytes:
        """The data as bytes. Raises: InvalidDataError, ObjectTooLargeError."""
        return self._committer.encode(value)

    def encoded(self, encoding: Encoding) -> DocumentStore:
        """The same store, and what it remembers, for documents of another encoding."""
        return self._with(replace(self._committer, encoding=encoding))

    def brief(self) -> DocumentStore:
        """The same store, for documents whose history is not wanted.

        Only the newest revisions are kept, at most 32: where others are sealed, these go, as after
        a prune. So such a document is one blob.
        """
        return self._with(replace(self._committer, brief=True))

    def _with(self, committer: Committer) -> DocumentStore:
        other = object.__new__(DocumentStore)
        other.__dict__.update(self.__dict__)
        other._committer = committer  # its own
        return other

    @traced
    def load(
        self, key: str, *, revision: int | RevisionId | None = None, fresh: bool = False
    ) -> Document:
        """The newest revision, or the given one.

        Args:
            fresh: as the store has it now, whatever a cache remembers.

        Raises: NotFoundError when missing or deleted; RevisionNotFoundError;
        RevisionPrunedError; CorruptObjectError; ConflictError when a RevisionId is of another
        lineage.
        """
        head = self.reader.read(key, fresh=fresh)
        if revision is None and head is not None and not head.deleted:
            return document_of(head, head.revision, head.data)
        if head is None or head.purged:
            raise NotFoundError("there is no such document", key=key)
        if revision is None:
            raise NotFoundError("this document was deleted", key=key)
        return self._steady(
            head, lambda head: document_of(head, *self.reader.revision(head, revision))
        )

    @traced
    def require_kept(self, key: str, revision: RevisionId) -> None:
        """Look whether a revision is kept, as the store has it now: for who has just pinned it.

        Raises: as `load`; RevisionPrunedError also for what is about to be erased.
        """

        def look(head: Head) -> None:
            if head.withdraws(revision.number):
                raise RevisionPrunedError(
                    f"revision {revision.number} is about to be erased",
                    key=key,
                    hint="Take another one. Where an erasure was cut off, repeat it.",
                )
            self.reader.revision(head, revision)

        self._steady(self.existing(key), look)

    @traced
    def save(
        self,
        key: str,
        value: Json,
        *,
        name: str | None = None,
        note: Note = NO_NOTE,
        expected: int | RevisionId | None = None,
    ) -> Revision:
        """Make `value` the newest revision, whatever was there: the last writer wins.

        Args:
            expected: the revision that must be the newest (0: no document yet), else
                ConflictError. A number alone also fits a document that was purged and made
                again since; a `RevisionId`, such as a `Revision`, does not.

        Raises: InvalidDataError, ObjectTooLargeError (before any I/O); ConflictError;
        CommitUnknownError.
        """
        draft = Draft(self._committer.encode(value), note)
        decide = decisions.overwrite(key, draft, expected, encoding=self.encoding)
        return self._commit(key, name, decide, blind=expected is None)

    @traced
    def create(
        self, key: str, value: Json, *, name: str | None = None, note: Note = NO_NOTE
    ) -> Revision:
        """The first revision of a document, or the next one of a deleted one; one request.

        Raises: AlreadyExistsError, and as `save` does.
        """
        draft = Draft(self._committer.encode(value), note)
        decide = decisions.create(key, draft, encoding=self.encoding)
        return self._commit(key, name, decide, start=partial(Start, None, fresh=False))

    @traced
    def save_new(
        self, key: str, value: Json, *, name: str | None = None, note: Note = NO_NOTE
    ) -> Revision:
        """As `save`, but tries a create first: one request for a new document."""
        draft = Draft(self._committer.encode(value), note)

        def start() -> Start:
            return Start(self.reader.heads.get(key), fresh=False)

        decide = decisions.overwrite(key, draft, None, encoding=self.encoding)
        return self._commit(key, name, decide, start=start, blind=True)

    @traced
    def update(
        self,
        key: str,
        fn: Callable[[Json], Json],
        *,
        name: str | None = None,
        note: Note = NO_NOTE,
        expected: int | RevisionId | None = None,
    ) -> Revision:
        """Make `fn(data)` the newest revision; nothing is written when its bytes are the same.

        `fn` gets a fresh copy of the data, None when there is no document, and may be called
        several times. What it raises goes to the caller, and nothing is written.

        Raises: TypeError when `fn` returns None or is a coroutine function; ConflictError when
        `expected` is not the newest revision, or the document was there and was deleted meanwhile;
        and as `save` does.
        """
        if inspect.iscoroutinefunction(fn) or inspect.isasyncgenfunction(fn):
            raise TypeError("fn must be a plain function: it may run several times, in a thread")
        encoding, encode = self._committer.encoding, self._committer.encode
        decide = decisions.update(key, fn, encode, note, expected, encoding=encoding)
        return self._commit(key, name, decide)

    @traced
    def delete(
        self, key: str, *, note: Note = NO_NOTE, expected: int | RevisionId | None = None
    ) -> Revision:
        """Put a deletion on top; the history stays.

        Raises: NotFoundError; ConflictError when `expected` is not the newest revision.
        """
        return self._commit(key, None, decisions.delete(self.files, key, note, expected))

    @traced
    def restore(
        self, key: str, *, note: Note = NO_NOTE, expected: int | RevisionId | None = None
    ) -> Revision:
        """Undo a delete by a new revision; a document that is not deleted stays as it is.

        Raises: NotFoundError when there is no history to restore from; ConflictError when
        `expected` is not the newest revision.
        """
        return self._commit(key, None, decisions.restore(self.reader, key, note, expected))

    @traced
    def rollback(
        self,
        key: str,
        revision: int | RevisionId,
        *,
        note: Note = NO_NOTE,
        expected: int | RevisionId | None = None,
    ) -> Revision:
        """A new revision with the data of `revision`.

        Raises: NotFoundError, RevisionNotFoundError (also when that revision is a deletion),
        RevisionPrunedError; ConflictError when a RevisionId is of another lineage, or `expected` is
        not the newest revision.
        """
        decide = decisions.rollback(self.reader, key, revision, note, expected)
        return self._commit(key, None, decide)

    @traced
    def history(self, key: str, *, limit: int | None = 20) -> list[Revision]:
        """Revisions newest first, of deleted documents as well. Raises: NotFoundError."""
        head = self.existing(key, fresh=False)

        def read(head: Head) -> list[Revision]:
            lowest = 1 if limit is None else head.number - limit + 1
            return [Revision.of_entry(entry) for entry in self.reader.entries(head, lowest=lowest)]

        return self._steady(head, read)

    @traced
    def landed(self, key: str, write_id: str, *, number: int | None = None) -> Revision | None:
        """The revision that `write_id` made in the document as it is; None when there is none.

        Args:
            number: of the revision, as CommitUnknownError has it: at most three requests then.
        """
        return landed(self.reader, validate_key(key), write_id, number)

    def kept_revisions(self, key: str) -> range:
        """The numbers of the revisions that are kept, in one request. Raises: NotFoundError."""
        head = self.existing(key, fresh=False)
        return range(head.first, head.number + 1)

    def _start(self, key: str) -> Start:
        validate_key(key)
        held = self.reader.heads.get(key)
        return Start(held, fresh=False) if held else Start(self.reader.read(key), fresh=True)

    def _commit(
        self,
        key: str,
        name: str | None,
        decide: Decide,
        *,
        start: Callable[[], Start] | None = None,
        blind: bool = False,
    ) -> Revision:
        begin = start or partial(self._start, key)
        return self._committer.commit(validate_key(key), name or key, decide, begin, blind=blind)

    def _steady(self, head: Head, read: Callable[[Head], T]) -> T:
        """Read behind `head`, and behind a newer one when it was pruned or purged meanwhile."""
        for _ in self.pauses:
            try:
                return read(head)
            except CorruptObjectError:
                newer = self.existing(head.key)
                if newer.etag == head.etag:
                    raise
                head = newer
        raise ConflictError("its history was erased again and again", key=head.key)
