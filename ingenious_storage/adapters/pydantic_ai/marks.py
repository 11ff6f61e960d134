"""Marks: small blobs by whose names a listing finds conversations, by scope and day.

A conversation's document is named by its id alone, since it is loaded by that; a mark says whose it
is, and the day of its newest save. Who lists a scope reads the conversations of that scope alone,
the newest days first, and stops when it has as many as it wants.

What holds at any time: a conversation that can be loaded has a mark of its scope whose day is that
of its newest save, or a later one. So a mark is put before the save, and the one before it is
deleted after; the day of a mark never goes back, and its nonce is another one whenever the
conversation begins anew or changes its scope: nobody deletes a mark that somebody else needs. A
mark too many, which a crash or a conflict leaves, costs a listing one read.
"""

from __future__ import annotations

import secrets
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Final, NamedTuple, Self

from ingenious_storage.documents import GRACE
from ingenious_storage.file_storage import FileStorage
from ingenious_storage.services.pruning.marks import SCOPED, UNSCOPED
from ingenious_storage.storage import Storage

_SECONDS_A_DAY: Final = 24 * 60 * 60


class Mark(NamedTuple):
    """One of them: the day is counted from 1970, in UTC."""

    scope: str | None
    conversation_id: str
    day: int
    nonce: str

    @classmethod
    def next(
        cls, before: Mark | None, scope: str | None, conversation_id: str, saved: datetime
    ) -> Self:
        """That of a conversation which had `before` and was saved at this time."""
        day = day_of(saved)
        if before is None or before.scope != scope:
            return cls(scope, conversation_id, day, secrets.token_hex(4))
        return cls(scope, conversation_id, max(day, before.day), before.nonce)


class Found(NamedTuple):
    """What the name of a mark says: the conversation's segment of a key, and the day."""

    segment: str
    day: int


def day_of(saved: datetime) -> int:
    """As marks count days."""
    return int(saved.timestamp() // _SECONDS_A_DAY)


class Marks:
    """The marks in a container."""

    def __init__(self, storage: Storage) -> None:
        self._files: FileStorage = storage.data
        self._scoped, self._unscoped = storage.agents(SCOPED), storage.agents(UNSCOPED)

    def put(self, mark: Mark) -> None:
        """One request."""
        self._files.save_bytes(self._key(mark), b"1")

    def remove(self, mark: Mark) -> None:
        """One request; a missing one is fine."""
        self._files.delete_many([self._key(mark)])

    def remove_all(self, mark: Mark) -> None:
        """Those of the conversation that this is a mark of, and what crashes have left long ago."""
        now = datetime.now(UTC)  # a day is long enough for every clock
        mine = f"-{mark.nonce}"
        blobs = self._files.list_blobs(self._folder(mark))
        gone = [b.key for b in blobs if b.key.endswith(mine) or now - b.last_modified > GRACE]
        self._files.delete_many(gone)

    def found(self, scope: str | None) -> list[Found]:
        """Those of a scope, for None of all; each conversation once, by its newest mark.

        A listing brings 5,000 in a request.
        """
        newest: dict[str, int] = {}
        for key in self._keys(scope):
            *_, segment, name = key.split("/")
            day = name.partition("-")[0]
            if day.isdecimal():
                newest[segment] = max(newest.get(segment, 0), int(day))
        return [Found(segment, day) for segment, day in newest.items()]

    def _keys(self, scope: str | None) -> Iterator[str]:
        if scope is not None:
            yield from self._files.list_keys(self._scoped.below(scope))
            return
        for documents in (self._scoped, self._unscoped):
            yield from self._files.list_keys(documents.below())

    def _folder(self, mark: Mark) -> str:
        if mark.scope is None:
            return self._unscoped.below(mark.conversation_id)
        return self._scoped.below(mark.scope, mark.conversation_id)

    def _key(self, mark: Mark) -> str:
        return f"{self._folder(mark)}{mark.day}-{mark.nonce}"
