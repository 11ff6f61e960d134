"""Namespace: the two documents of one namespace of a thread, and what is written to them.

A put folds the writes that this process knows into the state, so that old checkpoints need the
state's history alone; a put of writes then drops from the second document what the state has. What
lands in between stays there for the next put. Either goes together with other writers' by
`AgentDocuments.change`, and a put begins a revision of its own.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Any

from ingenious_storage.adapters.langgraph.threads import state as states
from ingenious_storage.adapters.langgraph.threads.record import (
    Channels,
    Incoming,
    NeedsParentError,
    Stored,
)
from ingenious_storage.adapters.langgraph.threads.state import NeedsOldWritesError, State
from ingenious_storage.adapters.langgraph.threads.view import STATE, WRITES, View, load
from ingenious_storage.adapters.langgraph.threads.writes import (
    NONE,
    ByCheckpoint,
    Pending,
    Write,
    at_turn,
    merged,
    without,
)
from ingenious_storage.errors import ConflictError
from ingenious_storage.services.agents import AgentDocuments


class _NothingToDropError(Exception):
    """The second document has none of the writes that were to go."""


@dataclass(frozen=True, slots=True)
class Namespace:
    """One of a thread; the root graph's has the name ""."""

    documents: AgentDocuments
    thread: str
    name: str

    def view(self) -> View | None:
        """What is there now; None when there is no checkpoint."""
        return load(self.documents.store, self.key(STATE), self.key(WRITES))

    def put(self, incoming: Incoming, *, may_fork: bool) -> None:
        """Add a checkpoint, or replace the one with its id.

        Raises: ConflictError when it may not fork, and its parent is not the newest checkpoint.
        """
        lent: Channels | None = None
        old_writes: Sequence[Write] | None = None

        def change(data: Any) -> State:
            old = None if data is None else states.parsed(data)
            if not may_fork:
                _check_parent(old, incoming)
            return states.put(
                old,
                incoming.id,
                incoming.record,
                parent=incoming.parent,
                pending=self._known_writes(old),
                lent=lent,
                old_writes=old_writes,
            )

        landed = False
        while not landed:
            try:
                self._change(STATE, change, begins=True)
                landed = True
            except NeedsParentError:
                parent = self.find(incoming.parent)
                lent = parent.record["channels"] if parent else {}
            except NeedsOldWritesError:
                before = self.find(incoming.id)
                old_writes = before.writes if before else ()

    def put_writes(self, checkpoint: str, writes: Sequence[Write]) -> None:
        """Add writes of a checkpoint, which may be an old one, or come later."""

        def change(data: Pending | None) -> Pending:
            state, before = self._known_state(), data["turn"] if data else 0
            kept = self._unfolded(data, state)
            there = states.folded(state, checkpoint) if state else ()
            new = without(at_turn(writes, before + 1), there)
            new = without(new, kept.get(checkpoint, ()))
            if new:
                kept[checkpoint] = merged(kept.get(checkpoint, ()), new)
            of = data["of"] if data is not None and data["of"] else state and state["birth"]
            made: Pending = {"of": of, "turn": before + bool(new), "writes": kept}
            return made if data is None else {**data, **made}

        self._change(WRITES, change)

    def hide(
        self, ids: Collection[str], heir: Stored | None, *, erased: Collection[str] = ()
    ) -> None:
        """Take these checkpoints out of sight, and the writes of these and of erased ones away."""
        gone = {*ids, *erased}

        def hidden(data: Any) -> State:
            record, writes = (heir.record, heir.writes) if heir else (None, ())
            return states.hide(states.parsed(data), ids, record, writes=writes, erased=erased)

        self._change(STATE, hidden, begins=True)

        def drop(data: Pending | None) -> Pending:
            if data is None or not gone & data["writes"].keys():
                raise _NothingToDropError
            kept = {each: writes for each, writes in data["writes"].items() if each not in gone}
            return {**data, "writes": kept}

        try:
            self._change(WRITES, drop)
        except _NothingToDropError:
            return

    def _known_state(self) -> State | None:
        """As this process has seen it last: what it has then, it has for good."""
        data = self._known(STATE)
        return None if data is None else states.parsed(data)

    def _known_writes(self, state: State | None) -> ByCheckpoint:
        """Of this state, as this process has seen them last; they may be more by now."""
        known: Pending | None = self._known(WRITES)
        if known is None or state is None or known["of"] != state["birth"]:
            return NONE
        return known["writes"]

    def _unfolded(self, data: Pending | None, state: State | None) -> dict[str, list[Write]]:
        """The writes without those that the state has."""
        if data is None or state is None or data["of"] != state["birth"]:
            return {} if data is None else dict(data["writes"])
        left = {
            each: without(writes, states.folded(state, each))
            for each, writes in data["writes"].items()
            if states.is_visible(state, each)
        }
        return {each: writes for each, writes in left.items() if writes}

    def _known(self, leaf: str) -> Any:
        store = self.documents.store
        head = store.head(self.key(leaf), fresh=False)
        if head is None or head.deleted:
            return None
        return store.encoding.loads(head.data, key=head.key)

    def find(self, checkpoint: str | None) -> Stored | None:
        """The checkpoint with this id, or the greatest of all for None."""
        now = self.view()
        if now is None:
            return None
        return now.newest if checkpoint is None else now.find(checkpoint)

    def _change(self, leaf: str, change: Any, *, begins: bool = False) -> None:
        self.documents.change(
            self.thread, self.name, leaf=leaf, fn=change, begins=begins, brief=leaf == WRITES
        )

    def key(self, leaf: str) -> str:
        """Of one of its documents."""
        return self.documents.key(self.thread, self.name, leaf=leaf)


def _check_parent(state: State | None, incoming: Incoming) -> None:
    """A repetition of the newest put, whose answer was lost, is no fork."""
    newest = state["main"] if state else None
    there = newest["id"] if newest else None
    again = newest is not None and (newest["id"], newest["parent"]) == (
        incoming.id,
        incoming.parent,
    )
    if incoming.parent != there and not again:
        raise ConflictError(
            f"the parent is {incoming.parent!r}, and the newest checkpoint is {there!r}",
            hint="Another run has gone on meanwhile: load the newest state and run from there, "
            'or allow forks with on_fork="allow".',
        )
