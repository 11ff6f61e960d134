"""Withdrawal: the head names the revisions that are about to be erased, so that nobody pins them.

Who pins a revision asks whether it is kept once the pin is there (`DocumentStore.require_kept`).
Who is to erase it withdraws it first, and asks what is pinned behind that. So of the two, one
always sees the other. What erases is put on condition of the head that withdraws; a head on top of
it, or one that withdraws something else, has another ETag.

A withdrawal takes nothing away: who dies behind it leaves all to be read, and nothing of it to be
pinned until it is erased, or another erasure of the document ends.
"""

from __future__ import annotations

import secrets
from collections.abc import Callable, Collection, Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from types import TracebackType
from typing import Self

from ingenious_storage.documents.erasing.again import put_again
from ingenious_storage.documents.format.head import Head
from ingenious_storage.documents.store import DocumentStore
from ingenious_storage.errors import (
    CommitUnknownError,
    ConflictError,
    NotFoundError,
    StorageError,
)

Spare = Callable[[], Collection[int]]


@dataclass(slots=True)
class Withdrawal:
    """The withdrawals of one erasure. As a context it ends them, where the erasure fails."""

    store: DocumentStore
    spare: Spare | None
    """Asks for the numbers of revisions that must stay. None: nobody pins any."""
    newest: Head | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if isinstance(error, Exception) and not isinstance(error, CommitUnknownError):
            with suppress(StorageError):
                self.end()

    def behind(self, head: Head, numbers: Collection[int]) -> Head | None:
        """The head to go on from; None when somebody else wrote, or has pinned one of these."""
        if self.spare is None:
            return head
        new = _put(self.store, head, [*_ranges(numbers)])
        if new is None:
            return None
        self.newest, is_free = new, False
        try:
            is_free = not {*self.spare()} & {*numbers}
        finally:
            if not is_free:
                self.end()
        return new if is_free else None

    def clear(self, head: Head) -> None:
        """End that of another erasure, which has died or has to begin anew."""
        if head.fields.get("withdrawn", {}).get("ranges"):
            self.newest = head
            self.end()

    def end(self) -> None:
        """All of it may be pinned again, also below what was committed since."""
        if self.newest is None:
            return
        for _ in self.store.pauses:
            try:
                head = self.store.existing(self.newest.key)
            except NotFoundError:
                return
            is_own = head.fields.get("withdrawn") == self.newest.fields.get("withdrawn")
            if not is_own or _put(self.store, head, []) is not None:
                return
        raise ConflictError("it was written again and again", key=self.newest.key)


def _put(store: DocumentStore, head: Head, ranges: list[list[int]]) -> Head | None:
    """The same revision, put again; None when somebody else wrote."""
    # With an id, so that no two of these heads have the same bytes: on S3 these make the ETag, and
    # a copy of the request that is late would land.
    withdrawn = {"id": secrets.token_hex(8), "ranges": ranges}
    try:
        return put_again(store, head, {**head.fields, "withdrawn": withdrawn})
    except StorageError as error:
        if not (error.outcome_unknown or isinstance(error, ConflictError)):
            raise
        now = store.existing(head.key)
        if now.fields.get("withdrawn") == withdrawn:
            return now if now.id == head.id else None
        if isinstance(error, ConflictError):
            return None
        raise


def _ranges(numbers: Iterable[int]) -> Iterator[list[int]]:
    """The first and the last number of each run, ascending."""
    run: list[int] = []
    for number in sorted(numbers):
        if run and number != run[1] + 1:
            yield run
            run = []
        run = [run[0], number] if run else [number, number]
    if run:
        yield run
