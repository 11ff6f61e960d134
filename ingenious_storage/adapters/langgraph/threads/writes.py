"""Writes: what tasks have written after a checkpoint and before the next one, as it is stored.

In a namespace's second document, so that a step uploads only these: they are small, and the state
may be large. A put copies them into the state (`state.folded`), and what is there is dropped here.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from operator import itemgetter
from typing import Any, Final, TypedDict

from langgraph.checkpoint.base import WRITES_IDX_MAP, PendingWrite
from langgraph.checkpoint.serde.base import SerializerProtocol

Write = list[Any]
"""Task id, index, path of the task, channel, type and bytes of the value, and its turn."""
ByCheckpoint = Mapping[str, Sequence[Write]]
"""Writes by the id of the checkpoint that they belong to."""
NONE: Final[ByCheckpoint] = {}
_TURN: Final = 6
_by_path: Final = itemgetter(2, 0, 1)
"""`writes_sort_key` of langgraph-checkpoint 4.3: the order in which a step applies them."""


class Pending(TypedDict):
    """The document of one namespace."""

    of: str | None
    """The `birth` of the state that they belong to, None before there is one."""
    turn: int
    """Of the newest write: it grows with each put of writes."""
    writes: dict[str, list[Write]]


def write_of(
    serde: SerializerProtocol,
    writes: Sequence[tuple[str, Any]],
    task_id: str,
    task_path: str,
) -> list[Write]:
    """The writes of one task, serialised; without a turn yet.

    A special channel has an index of its own, below 0, and its last value.
    """
    made: dict[int, Write] = {}
    for number, (channel, value) in enumerate(writes):
        index = WRITES_IDX_MAP.get(channel, number)
        made[index] = [task_id, index, task_path, channel, *serde.dumps_typed(value)]
    return [*made.values()]


def at_turn(writes: Iterable[Write], turn: int) -> list[Write]:
    """Writes as they are stored: whoever remembers older ones does not put them over these."""
    return [[*write, turn] for write in writes]


def merged(*groups: Iterable[Write]) -> list[Write]:
    """All of them, one for each task and index: its first one, of an index below 0 its last."""
    found: dict[tuple[str, int], Write] = {}
    for group in groups:
        for write in group:
            name = (write[0], write[1])
            if name not in found or _precedes(write, found[name]):
                found[name] = write
    return [*found.values()]


def _precedes(write: Write, held: Write) -> bool:
    return bool(write[_TURN] > held[_TURN] if write[1] < 0 else write[_TURN] < held[_TURN])


def without(writes: Iterable[Write], folded: Iterable[Write]) -> list[Write]:
    """Those that the state needs yet."""
    there = {(write[0], write[1]): write for write in folded}
    return [write for write in writes if _is_new(write, there.get((write[0], write[1])))]


def _is_new(write: Write, held: Write | None) -> bool:
    return held is None or _precedes(write, held)


def loaded(serde: SerializerProtocol, writes: Iterable[Write]) -> list[PendingWrite]:
    """As the framework takes them, in its order."""
    ordered = sorted(writes, key=_by_path)
    return [
        (task, channel, serde.loads_typed((kind, value)))
        for task, _, _, channel, kind, value, _ in ordered
    ]
