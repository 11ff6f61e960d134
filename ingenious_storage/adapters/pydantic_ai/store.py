"""`StorageConversationStore`: conversations of Pydantic AI, one versioned document each."""

from __future__ import annotations

from collections.abc import Sequence
from contextvars import ContextVar
from functools import partial
from typing import Final

from pydantic_ai.conversation_store import ConversationEntry, ConversationRecord, ConversationStore

from ingenious_storage.adapters.place import Place
from ingenious_storage.adapters.pydantic_ai.conversations import FRAMEWORK, Conversations
from ingenious_storage.adapters.pydantic_ai.log import Log
from ingenious_storage.adapters.pydantic_ai.packing import packed_entries, packed_record
from ingenious_storage.aio import in_thread, to_its_end
from ingenious_storage.runtime import forks
from ingenious_storage.storage import Storage

_just_read: Final[ContextVar[tuple[str, str] | None]] = ContextVar(
    "ingenious_storage_conversation", default=None
)
"""Of this task: the head of the record that it read last, and the key of the document. The history
of that head is in what was read; another request would say nothing new."""


class StorageConversationStore(ConversationStore):
    """A `pydantic_ai.conversation_store.ConversationStore` on a storage of this toolkit.

    One object serves all threads and event loops, and any number of processes may work on the same
    conversations: a save on top of an old revision raises ConversationConflict. Making one does no
    I/O. Each method raises the errors of the store.

    A fork copies the entries that it keeps, so `delete` erases: all entries of the conversation
    with its history, whatever was forked from it.

    A save or delete that is cancelled ends first, in two seconds at most, and a note of its
    CancelledError says whether the change was made.

    Args:
        storage: where they are kept; None: what the configuration names, shared by the process.
    """

    def __init__(self, storage: Storage | None = None) -> None:
        self._place, self._lock = Place(FRAMEWORK, storage), forks.new_lock()
        self._opened: tuple[Storage, Conversations] | None = None

    async def read_record(self, conversation_id: str) -> ConversationRecord | None:
        """The record of a conversation, None when there is none. One request."""

        def read() -> tuple[ConversationRecord, str] | None:
            kept = self._conversations()
            key = kept.key(conversation_id)
            log = kept.read(key)
            return None if log is None else (log.record, key)

        found = await in_thread(read)
        if found is None:
            return None
        record, key = found
        _just_read.set(None if record.head_id is None else (record.head_id, key))
        return record

    async def read_records(
        self, *, scope: str | None = None, limit: int | None = None
    ) -> Sequence[ConversationRecord]:
        """Those of a scope, or of all, newest first.

        A listing, and a request for each that is read: with a limit those of the last days, until
        there are enough.
        """
        return await in_thread(lambda: self._conversations().records(scope, limit))

    async def write_record(
        self,
        record: ConversationRecord,
        *,
        new_entries: Sequence[ConversationEntry] = (),
        expected_revision: str | None,
    ) -> None:
        """Store a record and new entries, all or nothing. One request; three on the first of a day.

        Raises: ConversationConflict; InvalidDataError (before any I/O) for what cannot be stored;
        ObjectTooLargeError when the conversation, with all branches, would be larger than
        `storage.max_document_bytes`.
        """
        # Packed now: the caller may change them while a thread is at work.
        packed, entries = packed_record(record), packed_entries(new_entries)
        await to_its_end(
            lambda: self._conversations().write(record, packed, entries, expected_revision)
        )

    async def delete_record(self, conversation_id: str, *, expected_revision: str) -> None:
        """Erase a conversation: its entries, its branches, and all earlier revisions.

        Raises: ConversationConflict.
        """
        await to_its_end(lambda: self._conversations().erase(conversation_id, expected_revision))

    async def read_entry(self, entry_id: str) -> ConversationEntry:
        """The entry. One request where this process knows its conversation.

        Else it reads one conversation after the other. Raises: EntryNotFoundError, a LookupError.
        """

        def read() -> ConversationEntry:
            log = self._conversations().holding(entry_id)
            return log.history(entry_id, limit=1)[0]

        return await in_thread(read)

    async def read_history(
        self, head_id: str | None, *, limit: int | None = None
    ) -> list[ConversationEntry]:
        """The entries up to `head_id`, oldest first, or the last `limit` of them.

        No request after `read_record` of its conversation; else as `read_entry`, for all of them.

        Raises: EntryNotFoundError, a LookupError.
        """
        just_read = _just_read.get()
        _just_read.set(None)
        if head_id is None:
            return []
        key = just_read[1] if just_read is not None and just_read[0] == head_id else None
        return await in_thread(partial(self._history, head_id, key, limit))

    def _history(self, head_id: str, key: str | None, limit: int | None) -> list[ConversationEntry]:
        kept = self._conversations()
        log: Log | None = None if key is None else kept.remembered(key)
        if log is None or not log.has(head_id):
            log = kept.holding(head_id, hint=key)
        return log.history(head_id, limit=limit)

    def _conversations(self) -> Conversations:
        storage = self._place.storage
        with self._lock:
            if self._opened is None or self._opened[0] is not storage:
                self._opened = storage, Conversations(storage)
            return self._opened[1]
