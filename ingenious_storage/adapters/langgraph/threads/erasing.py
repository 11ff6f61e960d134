"""Erasing and copying: what concerns many checkpoints of a namespace, or a whole thread."""

from __future__ import annotations

from collections.abc import Collection

from langgraph.checkpoint.serde.base import SerializerProtocol

from ingenious_storage.adapters.langgraph.threads.namespace import Namespace
from ingenious_storage.adapters.langgraph.threads.record import Stored
from ingenious_storage.adapters.langgraph.threads.view import STATE, WRITES, View
from ingenious_storage.documents import copy
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
    """Delete all checkpoints but the newest, and those that its delta channels need."""
    view = namespace.view()
    if view is None or view.newest is None:
        return
    needed = _needed(view, view.newest, serde)
    gone = {stored.id for stored in view.checkpoints() if stored.id not in needed}
    if gone:
        namespace.hide(gone, view.newest.record)


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


def copy_thread(documents: AgentDocuments, source: str, target: str) -> None:
    """Copy all documents of a thread with their history, writes before states.

    Raises: AlreadyExistsError when the target has something already.
    """
    if next(documents.names(target), None) is not None:
        raise AlreadyExistsError(
            "the thread to copy to has checkpoints already",
            hint="Take another id, or delete that thread first.",
        )
    for leaf in (WRITES, STATE):
        for name in list(documents.names(source)):
            if name.leaf == leaf:
                parts = (target, *name.parts[1:])
                copy(
                    documents.store,
                    documents.key(*name.parts, leaf=leaf),
                    documents.key(*parts, leaf=leaf),
                    name=named(parts, leaf),
                )
