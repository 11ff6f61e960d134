"""Conversations: the documents of them, and the marks by which listings find them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import chain, groupby
from typing import Final

from pydantic_ai.conversation_store import ConversationConflict, ConversationRecord

from ingenious_storage import documents, msgpackdata
from ingenious_storage.adapters.pydantic_ai.log import EntryNotFoundError, Log, missing
from ingenious_storage.adapters.pydantic_ai.marks import Found, Mark, Marks, day_of
from ingenious_storage.documents.format.head import Head
from ingenious_storage.errors import (
    AlreadyExistsError,
    ConflictError,
    NotFoundError,
)
from ingenious_storage.jsondata import Json
from ingenious_storage.runtime.byte_cache import ByteCache
from ingenious_storage.runtime.parallel import results_of
from ingenious_storage.services.agents import named
from ingenious_storage.storage import Storage

FRAMEWORK: Final = "pydantic-ai"
LEAF: Final = "conversation"
_HOMES: Final = 50_000
"""Entries of which a process remembers in which document they are."""


class Conversations:
    """Those of one storage. Thread-safe; each method does I/O.

    Raises, in each method, the errors of the store.
    """

    def __init__(self, storage: Storage) -> None:
        self._documents, self._marks = storage.agents(FRAMEWORK), Marks(storage)
        self._store = self._documents.store
        self._homes = ByteCache[str](_HOMES)

    def key(self, conversation_id: str) -> str:
        """Of the document. Raises: InvalidKeyError."""
        return self._documents.key(conversation_id, leaf=LEAF)

    def read(self, key: str) -> Log | None:
        """As it is now; None when there is none."""
        try:
            log = Log.of(self._store.load(key).data, key=key)
        except NotFoundError:
            return None
        for entry_id in (log.record.head_id, *log.record.branches):
            if entry_id is not None:
                self._homes.put(entry_id, key, 1)
        return log

    def remembered(self, key: str) -> Log | None:
        """As this process has seen it last, without a request; None when it has forgotten."""
        head = self._store.head(key, fresh=False)
        return None if head is None or head.deleted else _log_in(head)

    def holding(self, entry_id: str, *, hint: str | None = None) -> Log:
        """A conversation that has the entry.

        One request where `hint`, or what this process remembers, says which it is; else one for
        each conversation until it is found. Raises: EntryNotFoundError.
        """
        likely = dict.fromkeys(key for key in (hint, self._homes.get(entry_id)) if key)
        for key in chain(likely, self._others(likely)):
            log = self.read(key)
            if log is not None and log.has(entry_id):
                self._homes.put(entry_id, key, 1)
                return log
        raise EntryNotFoundError("no conversation has this entry")

    def _others(self, but: dict[str, None]) -> Iterator[str]:
        keys = self._store.list(self._documents.below())
        return (key for key in keys if key not in but)

    def write(
        self, record: ConversationRecord, packed: Json, new: Sequence[Json], expected: str | None
    ) -> None:
        """Store the record, `packed`, and the new entries in one conditional write.

        Raises: ConversationConflict.
        """
        key = self.key(record.conversation_id)
        before = None if expected is None else self._expected(key, record, expected)
        entries = [*(before.data["entries"] if before else ()), *new]
        entries = [*self._from_elsewhere(entries, record, new), *entries]
        old = before.mark if before else None
        mark = Mark.next(old, record.scope, record.conversation_id, record.updated_at)
        log = Log.made(entries, mark, packed, key=key)
        self._store.encode(log.data)  # a log that is too large leaves no mark
        if mark != old:
            self._marks.put(mark)
        try:
            self._commit(log, record.conversation_id, expected)
        except ConversationConflict:
            if old is None or old.nonce != mark.nonce:  # it is nobody else's
                self._marks.remove(mark)
            raise
        if old is not None and mark != old:
            self._marks.remove(old)
        for entry in new:
            self._homes.put(entry[0], key, 1)

    def _expected(self, key: str, record: ConversationRecord, expected: str) -> Log:
        """The conversation in this revision; a revision never changes, so an old copy will do."""
        log = self.remembered(key)
        if log is None or log.revision != expected:
            log = self.read(key)
        if log is None or log.revision != expected:
            raise ConversationConflict(record.conversation_id)
        return log

    def _from_elsewhere(
        self, entries: Sequence[Json], record: ConversationRecord, new: Sequence[Json]
    ) -> list[Json]:
        """What a fork keeps of another conversation: copies, so that each can be erased alone."""
        copies: list[Json] = []
        hint = None if record.forked_from is None else self.key(record.forked_from)
        for entry_id in missing(entries, [record.head_id, *(entry[1] for entry in new)]):
            try:
                found = self.holding(entry_id, hint=hint).chain(entry_id)
            except EntryNotFoundError as gone:
                raise ConversationConflict(record.conversation_id) from gone
            there = {entry[0] for entry in (*copies, *entries)}
            copies += [entry for entry in found if entry[0] not in there]
        return copies

    def _commit(self, log: Log, conversation_id: str, expected: str | None) -> None:
        if expected is None:
            try:
                name = named([conversation_id], LEAF)
                self._store.create(log.key, log.data, name=name)
            except AlreadyExistsError as exists:
                raise ConversationConflict(conversation_id) from exists
            return

        def replace(data: Json) -> Json:
            if data is None or Log.of(data, key=log.key).revision != expected:
                raise ConversationConflict(conversation_id)
            return log.data

        try:
            self._documents.change(conversation_id, leaf=LEAF, fn=replace)
        except ConflictError as gone:  # it was deleted meanwhile
            raise ConversationConflict(conversation_id) from gone

    def erase(self, conversation_id: str, expected: str) -> None:
        """Erase the document with its history, and its marks. Raises: ConversationConflict."""
        key = self.key(conversation_id)
        try:
            head = self._store.existing(key)
            log = None if head.deleted else _log_in(head)
            if log is None or log.revision != expected:
                raise ConversationConflict(conversation_id)
            documents.purge(self._store, key, etag=head.etag)
        except (NotFoundError, ConflictError) as changed:
            raise ConversationConflict(conversation_id) from changed
        self._marks.remove_all(log.mark)

    def records(self, scope: str | None, limit: int | None) -> list[ConversationRecord]:
        """Newest first. Those of the newest days are read first, until there are enough."""
        if limit == 0:
            return []
        by_day = sorted(self._marks.found(scope), key=lambda found: found.day, reverse=True)
        records: list[ConversationRecord] = []
        for day, found in groupby(by_day, key=lambda each: each.day):
            if limit is not None and len(records) >= limit:
                records.sort(key=lambda record: record.updated_at, reverse=True)
                if day_of(records[limit - 1].updated_at) > day:
                    break
            records += self._of(scope, list(found))
        records.sort(key=lambda record: record.updated_at, reverse=True)
        return records[:limit]

    def _of(self, scope: str | None, found: Sequence[Found]) -> Iterator[ConversationRecord]:
        keys = [f"{self._documents.below()}{each.segment}/{LEAF}.msgpack" for each in found]
        for log in results_of(self.read, keys, workers=self._store.readers):
            if log is not None and (scope is None or log.record.scope == scope):
                yield log.record


def _log_in(head: Head) -> Log:
    return Log.of(msgpackdata.loads(head.data, key=head.key), key=head.key)
