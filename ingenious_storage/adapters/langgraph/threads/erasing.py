"""Erasing and copying: what concerns many checkpoints of a namespace, or a whole thread."""

from __future__ import annotations

from collections.abc import Collection

from langgraph.checkpoint.serde.base import SerializerProtocol

from ingenious_storage import documents
from ingenious_storage.adapters.langgraph.threads.namespace import Namespace
from ingenious_storage.adapters.langgraph.threads.record import Stored
from ingenious_storage.adapters.langgraph.threads.view import STATE, WRITES, View
from ingenious_storage.errors import AlreadyExistsError
from ingenious_storage.services.agents import AgentDocuments, named


def delete_for_runs(
    namespace: Namespace, serde: SerializerProtocol, run_ids: Collection[str]
) -> None:
    """Delete the checkpoints that these runs have made."""
    view = namespace.view()
    if view is None:
        return
    gone, heir = set[str](), None
    for stored in view.checkpoints():
        if str(stored.metadata(serde).get("run_id")) in run_ids:
            gone.add(stored.id)
        elif heir is None:
            heir = stored.record
    if gone:
        namespace.hide(gone, heir)


def keep_latest(namespace: Namespace, serde: SerializerProtocol) -> None:
    """Delete all checkpoints but the newest, and those that its delta channels need.

    Whole segments of the history are erased, and what is left of it is hidden.
    """
    view = namespace.view()
    if view is None or view.newest is None:
        return
    needed = _needed(view, view.newest, serde)
    gone = {stored.id for stored in view.checkpoints()} - needed
    if not gone:
        return
    _prune(view, needed)  # first, so that few are left to be hidden
    pruned = namespace.view()
    if pruned is not None:
        left = gone & {stored.id for stored in pruned.checkpoints()}
        namespace.hide(left, view.newest.record, erased=gone)
        _prune(namespace.view(), needed)


def _prune(view: View | None, needed: Collection[str]) -> None:
    if view is not None:
        documents.prune(view.store, view.key, keep=view.kept_with(needed))


def _needed(view: View, newest: Stored, serde: SerializerProtocol) -> set[str]:
    """The newest, and its ancestors back to those that have a value of each delta channel."""
    needed = {newest.id}
    # The channels are named by the framework, in a field that is beta.
    counters = newest.metadata(serde).get("counters_since_delta_snapshot") or {}
    missing = {*counters} - newest.record["channels"].keys()
    for ancestor in view.ancestors(newest) if missing else ():
        needed.add(ancestor.id)
        missing -= ancestor.record["channels"].keys()
        if not missing:
            break
    return needed


def copy_thread(agents: AgentDocuments, source: str, target: str) -> None:
    """Copy all documents of a thread with their history, writes before states.

    Raises: AlreadyExistsError when the target has something already.
    """
    if next(agents.names(target), None) is not None:
        raise AlreadyExistsError(
            "the thread to copy to has checkpoints already",
            hint="Take another id, or delete that thread first.",
        )
    for leaf in (WRITES, STATE):
        for name in list(agents.names(source)):
            if name.leaf == leaf:
                parts = (target, *name.parts[1:])
                documents.copy(
                    agents.store,
                    agents.key(*name.parts, leaf=leaf),
                    agents.key(*parts, leaf=leaf),
                    name=named(parts, leaf),
                )
