"""View: a namespace as it is at one moment, and the checkpoints that it has.

The writes are read before the state: what was dropped there by then, the state has. An old
checkpoint needs the state's history alone.
"""

from __future__ import annotations

from bisect import insort
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass

from ingenious_storage.adapters.langgraph.threads import places
from ingenious_storage.adapters.langgraph.threads.record import Record, Stored
from ingenious_storage.adapters.langgraph.threads.state import (
    WINDOW,
    State,
    folded,
    is_visible,
    own,
    parsed,
)
from ingenious_storage.adapters.langgraph.threads.writes import NONE, ByCheckpoint, Write, merged
from ingenious_storage.documents import DocumentStore, Revision, revisions
from ingenious_storage.documents.format.head import Head
from ingenious_storage.documents.telemetry import traced

STATE = "state"
WRITES = "writes"


@dataclass(frozen=True, slots=True)
class View:
    """What two requests have shown; older checkpoints take those of the history besides."""

    store: DocumentStore
    key: str
    """Of the state."""
    head: Head
    state: State
    pending: ByCheckpoint

    @property
    def newest(self) -> Stored | None:
        """The greatest checkpoint; None when all were deleted."""
        record = self.state["main"]
        return record and self._stored(record, ())

    def find(self, checkpoint: str) -> Stored | None:
        """The one with this id: of an old one, a segment of the history is read."""
        main = self.state["main"]
        if main is None or checkpoint > main["id"] or not is_visible(self.state, checkpoint):
            return None
        if checkpoint == main["id"]:
            return self.newest
        inside = self._among(checkpoint)
        if not inside:
            return None
        found: Sequence[Write] | None = None
        for number, state in self._states(inside.stop - 1 + WINDOW - 1):
            found = state["folded"].get(checkpoint) if found is None else found
            record = own(state)
            if record is not None and record["id"] == checkpoint:
                return self._stored(record, found or ())
            if number <= inside.start:
                return None  # before an older segment is read
        return None

    def checkpoints(self, *, before: str | None = None) -> Iterator[Stored]:
        """Those with smaller ids, newest id first; the history is read as far as they are taken."""
        known: dict[str, Sequence[Write]] = {}
        seen: set[str] = set()
        held: list[tuple[str, Record]] = []
        for _, state in self._states(self._newest_before(before)):
            for checkpoint, writes in state["folded"].items():
                known.setdefault(checkpoint, writes)
            record = own(state)
            if record is not None and record["id"] not in seen:
                seen.add(record["id"])
                if is_visible(self.state, record["id"]) and _is_below(record["id"], before):
                    insort(held, (record["id"], record), key=_id)
            while held and _is_next(held[-1][0], state["main"], seen):
                checkpoint, found = held.pop()
                yield self._stored(found, known.get(checkpoint, ()))
        for checkpoint, found in reversed(held):
            yield self._stored(found, known.get(checkpoint, ()))

    def ancestors(self, of: Stored) -> Iterator[Stored]:
        """The parent, its parent, and so on, as far as they are there."""
        for stored in self.checkpoints(before=of.id):
            if of.parent is None or of.parent >= of.id or stored.id < of.parent:
                break
            if stored.id == of.parent:
                of = stored
                yield stored
        # A caller may give a child a smaller id than its parent has.
        if of.parent is not None and of.parent >= of.id:
            parent = self.find(of.parent)
            if parent is not None:
                yield parent
                yield from self.ancestors(parent)

    def oldest_of(self, checkpoints: Collection[str]) -> int:
        """The oldest revision that these checkpoints need."""
        return min((self._among(each).start for each in checkpoints), default=1)

    def _stored(self, record: Record, in_history: Sequence[Write]) -> Stored:
        checkpoint = record["id"]
        here = folded(self.state, checkpoint)
        return Stored(record, merged(in_history, here, self.pending.get(checkpoint, ())))

    def _among(self, checkpoint: str) -> range:
        if not self._counts:
            return range(1, self.head.number + 1)
        return places.among(self.state["places"], checkpoint, self.state["count"])

    def _newest_before(self, checkpoint: str | None) -> int:
        if checkpoint is None or not self._counts:
            return self.head.number
        return places.before(self.state["places"], checkpoint) + WINDOW - 1

    @property
    def _counts(self) -> bool:
        """Whether places are numbers of revisions: not when somebody has set the document back."""
        return self.state["count"] == self.head.number

    def _states(self, newest: int) -> Iterator[tuple[int, State]]:
        """Newest first; none where all of them were pruned."""
        if newest < self.head.first:
            return
        for each in revisions(self.store, self.key, newest=newest, head=self.head):
            if not isinstance(each, Revision):
                yield each.revision.number, parsed(each.data)


@traced
def load(store: DocumentStore, key: str, writes_key: str) -> View | None:
    """What is there now, in two requests; None when there is no checkpoint."""
    pending = pending_in(store, store.head(writes_key))
    head = store.head(key)
    if head is None or head.deleted:
        return None
    return View(store, key, head, parsed(store.encoding.loads(head.data, key=key)), pending)


def pending_in(store: DocumentStore, head: Head | None) -> ByCheckpoint:
    """The writes in the second document."""
    if head is None or head.deleted:
        return NONE
    writes: ByCheckpoint = store.encoding.loads(head.data, key=head.key)["writes"]
    return writes


def _id(held: tuple[str, Record]) -> str:
    return held[0]


def _is_below(checkpoint: str, before: str | None) -> bool:
    return before is None or checkpoint < before


def _is_next(checkpoint: str, main: Record | None, seen: set[str]) -> bool:
    """Whether no older revision has a greater one: none has one above this revision's main."""
    bound = main["id"] if main else ""
    return checkpoint > bound or (checkpoint == bound and bound in seen)
