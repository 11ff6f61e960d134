"""State: the document of a namespace of a thread, a revision a checkpoint. Its rules, without I/O.

The newest revision always has the greatest checkpoint whole, as `main`: "latest" is by the id,
never by who came last. A checkpoint that comes late stands beside it in one revision, as `side`.
"""

from __future__ import annotations

import secrets
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from typing import Any, Final, TypedDict

from ingenious_storage.adapters.langgraph.threads import places
from ingenious_storage.adapters.langgraph.threads.places import Place
from ingenious_storage.adapters.langgraph.threads.record import Channels, Record
from ingenious_storage.adapters.langgraph.threads.writes import NONE, ByCheckpoint, Write, merged

WINDOW: Final = 4
"""Revisions for which writes are folded beside their checkpoint. A step's writes may land while the
next checkpoint is put, so that they are folded one or two later; what comes after is `late`."""


class State(TypedDict):
    """The document of one namespace."""

    birth: str
    """A random name of this state: one that is made again after a purge has another."""
    count: int
    """Of its revisions, this one too."""
    own: str | None
    """The checkpoint that this revision has added; None when it only hides some."""
    main: Record | None
    """The greatest that is visible."""
    side: Record | None
    """The one that this revision has added, when it is not the greatest."""
    recent: list[str]
    """The checkpoints of the last `WINDOW` revisions."""
    folded: dict[str, list[Write]]
    """Writes of recent checkpoints. So those of any are in one of the `WINDOW` revisions from its
    own on; the newest of these that has any has all."""
    late: dict[str, list[Write]]
    """Writes that came when their checkpoint was not recent any more; they stay here."""
    places: list[Place]
    hidden: list[str]
    """Checkpoints that were deleted, and are still in the history."""


class NeedsOldWritesError(Exception):
    """A checkpoint is put again that is not recent: its writes stay."""


def put(
    old: State | None,
    checkpoint: str,
    record: Callable[[Channels | None], Record],
    *,
    parent: str | None,
    pending: ByCheckpoint = NONE,
    lent: Channels | None = None,
    old_writes: Sequence[Write] | None = None,
) -> State:
    """The state with a checkpoint more.

    Args:
        record: makes it, on top of the parent's channels.
        pending: what is known of the second document.
        lent: the parent's channels, where it is not the newest.
        old_writes: of this checkpoint, if it was there before.

    Raises: NeedsOldWritesError; what `record` raises.
    """
    state = old or _empty()
    newest = state["main"]
    if old_writes is None and _may_be_old(state, checkpoint):
        raise NeedsOldWritesError
    new = record(newest["channels"] if newest and newest["id"] == parent else lent)
    made = _with_own(state, new)
    if old_writes is not None:
        made["late"].pop(checkpoint, None)  # they are among these
        made["folded"][checkpoint] = merged(old_writes, made["folded"].get(checkpoint, ()))
    return _with_folded(made, pending)


def _with_own(state: State, new: Record) -> State:
    checkpoint, newest, count = new["id"], state["main"], state["count"] + 1
    is_main = newest is None or checkpoint >= newest["id"]
    recent = [*state["recent"], checkpoint][-WINDOW:]
    return {
        **state,
        "count": count,
        "own": checkpoint,
        "main": new if is_main else newest,
        "side": None if is_main else new,
        "recent": recent,
        "folded": {each: state["folded"][each] for each in state["folded"] if each in recent},
        "late": {**state["late"]},
        "places": places.added(state["places"], checkpoint, count),
        "hidden": [each for each in state["hidden"] if each != checkpoint],
    }


def _empty() -> State:
    return {
        "birth": secrets.token_hex(8),
        "count": 0,
        "own": None,
        "main": None,
        "side": None,
        "recent": [],
        "folded": {},
        "late": {},
        "places": [],
        "hidden": [],
    }


def _may_be_old(state: State, checkpoint: str) -> bool:
    newest = state["main"]
    return (
        newest is not None
        and checkpoint <= newest["id"]
        and checkpoint not in state["recent"]
        and len(places.among(state["places"], checkpoint, state["count"])) > 0
    )


def _with_folded(state: State, pending: ByCheckpoint) -> State:
    """With the pending writes of all but the newest checkpoint, and of those that are to come."""
    newest = state["main"]["id"] if state["main"] else ""
    for checkpoint, writes in pending.items():
        if checkpoint >= newest or not is_visible(state, checkpoint):
            continue
        new = merged(folded(state, checkpoint), writes)
        if checkpoint in state["recent"]:
            state["folded"][checkpoint] = new
            state["late"].pop(checkpoint, None)
        elif new != folded(state, checkpoint):
            state["late"][checkpoint] = new
    return state


def folded(state: State, checkpoint: str) -> list[Write]:
    """Those of its writes that this state has: of an older checkpoint, its history has more."""
    return merged(state["folded"].get(checkpoint, ()), state["late"].get(checkpoint, ()))


def is_visible(state: State, checkpoint: str) -> bool:
    """Whether it was not deleted."""
    return checkpoint not in state["hidden"]


def own(state: State) -> Record | None:
    """The checkpoint that this revision has added."""
    found = state["side"] or state["main"]
    return found if found is not None and found["id"] == state["own"] else None


def hide(
    state: State,
    ids: Iterable[str],
    heir: Record | None,
    *,
    writes: Sequence[Write] = (),
    erased: Collection[str] = (),
) -> State:
    """The state without these checkpoints; its revision has the greatest that remains once more.

    Args:
        heir: the greatest that remains, as it was when they were chosen.
        writes: those of the heir. Who looks for the greatest reads no older revision.
        erased: those whose writes go too, since their revisions are gone.
    """
    count = state["count"] + 1
    made: State = {
        **state,
        "count": count,
        "own": None,
        "side": None,
        "recent": [],
        "folded": {},
        "hidden": sorted({*state["hidden"], *ids}),
    }
    newest = state["main"]
    if newest is not None and not is_visible(made, newest["id"]):
        newest = made["main"] = heir
    if newest is not None:  # once more, so that nothing older is needed for it
        made["own"], made["recent"] = newest["id"], [newest["id"]]
        made["places"] = places.added(state["places"], newest["id"], count)
    made["late"] = _kept(made, state, erased)
    if newest is not None and newest is heir and writes:
        made["late"][newest["id"]] = merged(made["late"].get(newest["id"], ()), writes)
    return made


def without(state: State, gone: Collection[str]) -> State | None:
    """The state of an old revision without what it has of these checkpoints.

    None when it has nothing of any other then. The greatest keeps its id, which bounds those of
    older revisions.
    """
    main, side = state["main"], state["side"]
    made: State = {
        **state,
        "own": None if state["own"] in gone else state["own"],
        "main": _bare(main) if main is not None and main["id"] in gone else main,
        "side": None if side is not None and side["id"] in gone else side,
        "folded": {each: kept for each, kept in state["folded"].items() if each not in gone},
        "late": {each: kept for each, kept in state["late"].items() if each not in gone},
    }
    return made if own(made) is not None or made["folded"] else None


def _bare(record: Record) -> Record:
    nothing = ["null", b""]
    return {
        "id": record["id"],
        "parent": None,
        "checkpoint": nothing,
        "metadata": nothing,
        "channels": {},
    }


def _kept(made: State, before: State, erased: Collection[str]) -> dict[str, list[Write]]:
    """What was folded stays in the newest revision, as it is not recent any more."""
    ids = dict.fromkeys((*before["late"], *before["folded"]))
    return {
        each: folded(before, each) for each in ids if is_visible(made, each) and each not in erased
    }


def parsed(data: Mapping[str, Any]) -> State:
    """As it was stored; fields that this release does not know stay."""
    return {**_empty(), **data}  # type: ignore[typeddict-item]
