"""Memories: what agents remember of a conversation, one versioned document each."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, Final

from ingenious_storage import documents
from ingenious_storage.arguments import items_of, keys_of, mapping_of
from ingenious_storage.diffs import json_diff
from ingenious_storage.documents import DocumentStore, Revision, RevisionId, note, number_of
from ingenious_storage.errors import (
    InvalidDataError,
    MemoryNotFoundError,
    NotFoundError,
    StorageError,
    missing_as,
)
from ingenious_storage.file_storage import FileStorage
from ingenious_storage.jsondata import Json
from ingenious_storage.runtime.parallel import map_all
from ingenious_storage.runtime.unpickled import Unpickled
from ingenious_storage.services.kinds import memories, of_data, with_names
from ingenious_storage.wiring import default_containers, documents_of

_RAISE: Final[Any] = object()


@dataclass(frozen=True, slots=True)
class Snapshot:
    """A memory with its revision, to hand back as `expected=`."""

    data: Json
    revision: Revision


class MemoryManager(Unpickled):
    """Memories by conversation id, which may be any non-empty text. Thread-safe.

    Every change is a new revision; `author`, `message` and `tags` say why. Without an argument
    it uses the storage that the configuration names.

    Memories have keys of their own in the container of the data. In another one, such as
    `storage.revisions`, the key of that container seals them: a purge leaves copies readable, and
    its receipt says so (`copies_readable`).

    Each method raises InvalidKeyError for an unusable id, MemoryNotFoundError for a memory that
    is missing or deleted (no other error is taken for that), and the errors of the store.
    """

    def __init__(
        self, file_storage: FileStorage | None = None, *, documents: DocumentStore | None = None
    ) -> None:
        if documents is None:
            files = file_storage or default_containers().data
            documents = documents_of(file_storage, role="data", owns=of_data(files))
        self.documents, self.kind = documents, memories(documents.files)

    def save_memory(
        self,
        conversation_id: str,
        memory_data: Json,
        *,
        expected: RevisionId | int | None = None,
        author: str | None = None,
        message: str | None = None,
        tags: Iterable[str] | None = None,
    ) -> Revision:
        """Make `memory_data` the newest revision; without `expected` the last writer wins.

        Args:
            expected: what has to be the newest revision now (0: none), else ConflictError.
                A number alone also fits a memory that was purged and made again since; a
                RevisionId, such as the `Revision` of a snapshot, does not.

        Raises: InvalidDataError, ObjectTooLargeError (before any I/O); ConflictError;
        CommitUnknownError.
        """
        return self.documents.save(
            self.kind.key(conversation_id),
            memory_data,
            name=conversation_id,
            note=note(author, message, tags),
            expected=expected,
        )

    def load_memory(
        self,
        conversation_id: str,
        *,
        revision: int | RevisionId | None = None,
        default: Json = _RAISE,
    ) -> Json:
        """The memory as it is now, or as it was at `revision`; a fresh copy.

        Raises: MemoryNotFoundError unless there is a `default`; RevisionNotFoundError,
        RevisionPrunedError; ConflictError when a RevisionId is of another lineage.
        """
        try:
            return self.documents.load(self.kind.key(conversation_id), revision=revision).data
        except NotFoundError as error:
            if type(error) is NotFoundError and default is not _RAISE:
                return default
            with _named(conversation_id):  # only now: before, a cached read would take longer
                raise

    def snapshot(self, conversation_id: str) -> Snapshot:
        """The memory with its revision, to hand back as `save_memory(expected=)`."""
        with _named(conversation_id):
            document = self.documents.load(self.kind.key(conversation_id))
        return Snapshot(document.data, document.revision)

    def update_memory(
        self,
        conversation_id: str,
        fn: Callable[[Json], Json],
        *,
        expected: int | RevisionId | None = None,
        author: str | None = None,
        message: str | None = None,
        tags: Iterable[str] | None = None,
    ) -> Revision:
        """Make `fn(memory)` the newest revision; safe against any number of other writers.

        `fn` gets a fresh copy, None when there is no memory, and may be called several times.
        The same bytes are not written again: then this is the revision that is there.

        Raises: TypeError when `fn` returns None or is a coroutine function; ConflictError when
        `expected` is not the newest revision, or the memory was deleted meanwhile; and as
        `save_memory`.
        """
        return self.documents.update(
            self.kind.key(conversation_id),
            fn,
            name=conversation_id,
            note=note(author, message, tags),
            expected=expected,
        )

    def append_messages(
        self,
        conversation_id: str,
        messages: Iterable[Json],
        *,
        expected: int | RevisionId | None = None,
        author: str | None = None,
        message: str | None = None,
        tags: Iterable[str] | None = None,
    ) -> Revision:
        """Add `messages`, in one revision, to the list in `{"messages": [...]}`.

        Raises: InvalidDataError for what is no list of messages, before any I/O, and when the
        memory has another shape; and as `update_memory`.
        """
        new = items_of(
            messages, what="messages", such_as='[{"role": "user", "content": "..."}], one or more'
        )

        def append(memory: Json) -> Json:
            memory = {"messages": []} if memory is None else memory
            if not isinstance(memory, dict) or not isinstance(memory.get("messages"), list):
                raise InvalidDataError('this memory has no list of "messages" to append to')
            memory["messages"].extend(new)
            return memory

        return self.update_memory(
            conversation_id, append, expected=expected, author=author, message=message, tags=tags
        )

    def delete_memory(
        self,
        conversation_id: str,
        *,
        expected: int | RevisionId | None = None,
        author: str | None = None,
        message: str | None = None,
    ) -> Revision:
        """Add a revision without data; the history stays, and `restore_memory` undoes it.

        Raises: ConflictError when `expected` is not the newest revision.
        """
        with _named(conversation_id):
            key = self.kind.key(conversation_id)
            return self.documents.delete(key, note=note(author, message), expected=expected)

    def restore_memory(
        self,
        conversation_id: str,
        *,
        expected: int | RevisionId | None = None,
        author: str | None = None,
        message: str | None = None,
    ) -> Revision:
        """Undo a delete; a memory that is not deleted stays as it is.

        Raises: ConflictError when `expected` is not the newest revision.
        """
        with _named(conversation_id):
            key = self.kind.key(conversation_id)
            return self.documents.restore(key, note=note(author, message), expected=expected)

    def purge_memory(self, conversation_id: str) -> documents.PurgeReceipt:
        """Erase the memory with its whole history, for good; the receipt says what is gone."""
        with _named(conversation_id):
            return documents.purge(self.documents, self.kind.key(conversation_id))

    def prune_memory(
        self,
        conversation_id: str,
        *,
        keep: int | None = None,
        superseded: timedelta | None = None,
        dry_run: bool = False,
    ) -> documents.PruneReport:
        """Drop the old end of the history: all but the newest `keep`, or `superseded` before.

        Whole segments go, so some more than `keep` revisions stay. Raises: ValueError.
        """
        with _named(conversation_id):
            return documents.prune(
                self.documents,
                self.kind.key(conversation_id),
                keep=keep,
                superseded=superseded,
                dry_run=dry_run,
            )

    def history(self, conversation_id: str, *, limit: int | None = 20) -> list[Revision]:
        """Revisions newest first (None: all), of deleted memories as well."""
        with _named(conversation_id):
            return self.documents.history(self.kind.key(conversation_id), limit=limit)

    def kept_revisions(self, conversation_id: str) -> range:
        """The numbers of the revisions that are kept, of deleted memories as well."""
        with _named(conversation_id):
            return self.documents.kept_revisions(self.kind.key(conversation_id))

    def landed(
        self, conversation_id: str, write_id: str, *, number: int | None = None
    ) -> Revision | None:
        """What became of a CommitUnknownError: the revision that its `write_id` made, or None.

        None is about now: until somebody writes on top of revision `number - 1`, what was sent
        could still arrive.

        Args:
            number: the error's `number`: then it takes at most three requests.
        """
        return self.documents.landed(self.kind.key(conversation_id), write_id, number=number)

    def rollback(
        self,
        conversation_id: str,
        revision: int | RevisionId,
        *,
        expected: int | RevisionId | None = None,
        author: str | None = None,
        message: str | None = None,
    ) -> Revision:
        """A new revision with the memory of `revision`; nothing in between is lost.

        Raises: RevisionNotFoundError, RevisionPrunedError; ConflictError when a RevisionId is of
        another lineage, or `expected` is not the newest revision.
        """
        text = message or f"Rollback to revision {number_of(revision)}"
        with _named(conversation_id):
            key = self.kind.key(conversation_id)
            why = note(author, text)
            return self.documents.rollback(key, revision, note=why, expected=expected)

    def diff(
        self, conversation_id: str, old: int | RevisionId, new: int | RevisionId | None = None
    ) -> str:
        """A unified diff of the indented JSON of two revisions; `new` None: the newest."""
        with _named(conversation_id):
            key = self.kind.key(conversation_id)
            after = self.documents.load(key, revision=new)
            before = self.documents.load(key, revision=old)
        return json_diff(
            before.data,
            after.data,
            old_name=f"revision {before.revision.number}",
            new_name=f"revision {after.revision.number}",
        )

    def list_conversations(self) -> Iterator[str]:
        """Ids of the memories that are not deleted, in the order of their keys."""
        blobs = self.documents.list_blobs(self.kind.root)
        return (name for _, name in with_names(self.documents, self.kind, blobs))

    def save_many(
        self,
        memories: Mapping[str, Json],
        *,
        author: str | None = None,
        message: str | None = None,
        tags: Iterable[str] | None = None,
    ) -> dict[str, Revision | StorageError]:
        """`save_memory` of each, several at a time; one request for a new conversation.

        The answer has a Revision or the error of every id; nothing is dropped silently.
        """
        why = note(author, message, tags)

        def save(item: tuple[str, Json]) -> Revision:
            key = self.kind.key(item[0])
            return self.documents.save_new(key, item[1], name=item[0], note=why)

        given = mapping_of(memories, what="memories", such_as='{"conversation-1": memory}')
        results = map_all(save, given.items(), workers=self.documents.workers)
        return dict(zip(given, results, strict=True))

    def load_many(self, conversation_ids: Iterable[str]) -> dict[str, Json | StorageError]:
        """`load_memory` of each, several at a time: the memory or the error of every id."""
        given = keys_of(conversation_ids, what="conversation ids", such_as='["conversation-1"]')
        ids = list(dict.fromkeys(given))
        results = map_all(self.load_memory, ids, workers=self.documents.readers)
        return dict(zip(ids, results, strict=True))


def _named(conversation_id: str) -> missing_as:
    return missing_as(MemoryNotFoundError, f"no memory of conversation {conversation_id!r}")
