"""Log: what is stored of a conversation, its record and all entries that it ever had."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from pydantic_ai.conversation_store import ConversationEntry, ConversationRecord

from ingenious_storage.adapters.pydantic_ai.marks import Mark
from ingenious_storage.adapters.pydantic_ai.packing import entries_of, record_of
from ingenious_storage.errors import CorruptObjectError, NotFoundError
from ingenious_storage.jsondata import Json


class EntryNotFoundError(NotFoundError, LookupError):
    """No conversation has this entry, or not any more."""

    default_hint = "Its conversation may have been deleted: load the conversation again."


@dataclass(frozen=True)
class Log:
    """One document, as it was read.

    Attributes:
        data: {"entries": [[id, parent, kind, message], ...], "mark": [day, nonce], "record": {...}}
            An entry comes after its parent.
        key: of the document, for errors.
    """

    data: dict[str, Any]
    key: str

    @classmethod
    def of(cls, data: Json, *, key: str) -> Log:
        """Raises: CorruptObjectError for a document of another shape."""
        wanted = {"entries": list, "mark": list, "record": dict}
        if not isinstance(data, dict) or any(
            not isinstance(data.get(name), kind) for name, kind in wanted.items()
        ):
            raise CorruptObjectError("this document holds no conversation", key=key)
        return cls(data, key)

    @classmethod
    def made(cls, entries: Sequence[Json], mark: Mark, record: Json, *, key: str) -> Log:
        """One to be stored."""
        data = {"entries": [*entries], "mark": [mark.day, mark.nonce], "record": record}
        return cls(data, key)

    @cached_property
    def record(self) -> ConversationRecord:
        """Raises: CorruptObjectError, UnsupportedFormatError."""
        return record_of(self.data["record"], key=self.key)

    @property
    def revision(self) -> Any:
        """The record's, without a look at the rest of it."""
        return self.data["record"].get("revision")

    @property
    def mark(self) -> Mark:
        """By which listings find it."""
        day, nonce = self.data["mark"]
        record = self.data["record"]
        return Mark(record["scope"], record["conversation_id"], day, nonce)

    def has(self, entry_id: str | None) -> bool:
        """Whether it has the entry, in its history or in a branch."""
        return entry_id in self._by_id

    def chain(self, head_id: str, *, limit: int | None = None) -> list[Json]:
        """The entries up to this one, oldest first, or the last `limit` of them; as stored.

        Raises: EntryNotFoundError.
        """
        found: list[Json] = []
        for entry in self._upwards(head_id):
            if limit is not None and len(found) >= limit:
                break
            found.append(entry)
        return found[::-1]

    def history(self, head_id: str, *, limit: int | None = None) -> list[ConversationEntry]:
        """As `chain`, as the framework has them. Raises: CorruptObjectError."""
        return entries_of(self.chain(head_id, limit=limit), key=self.key)

    @cached_property
    def _by_id(self) -> dict[Any, Any]:
        return {entry[0]: entry for entry in self.data["entries"]}

    def _upwards(self, entry_id: str | None) -> Iterator[Json]:
        while entry_id is not None:
            entry = self._by_id.get(entry_id)
            if entry is None:
                raise EntryNotFoundError("there is no such entry", key=self.key)
            yield entry
            entry_id = entry[1]


def missing(entries: Iterable[Json], wanted: Iterable[str | None]) -> list[str]:
    """Those of the ids that are of none of the entries, nor None."""
    there = {entry[0] for entry in entries}
    return [each for each in dict.fromkeys(wanted) if each is not None and each not in there]
