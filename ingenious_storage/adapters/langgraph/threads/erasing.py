"""Erasing and copying: what concerns many checkpoints of a namespace, or a whole thread."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

from langgraph.checkpoint.serde.base import SerializerProtocol

from ingenious_storage import documents
from ingenious_storage.adapters.langgraph.threads.namespace import Namespace
from ingenious_storage.adapters.langgraph.threads.record import Stored
from ingenious_storage.adapters.langgraph.threads.state import parsed, without
from ingenious_storage.adapters.langgraph.threads.view import STATE, WRITES, View
from ingenious_storage.documents import DocumentStore
from ingenious_storage.errors import AlreadyExistsError
from ingenious_storage.services.agents import AgentDocuments, named


def delete_for_runs(
    namespace: Namespace, serde: SerializerProtocol, run_ids: Collection[str]
) -> None:
    """Erase the checkpoints that these runs have made, and what was hidden before.

    They are hidden first, so that nobody goes on from them, and then taken out of the history.
    """
    view = namespace.view()
    if view is None:
        return
    gone, heir = set[str](), None
    for stored in view.checkpoints():
        if str(stored.metadata(serde).get("run_id")) in run_ids:
            gone.add(stored.id)
        elif heir is None:
            heir = stored
    if gone:
        namespace.hide(gone, heir)
    if gone or view.state["hidden"]:
        _erase_hidden(namespace)


def keep_latest(namespace: Namespace, serde: SerializerProtocol) -> None:
    """Erase all checkpoints but the newest, and those that its delta channels need."""
    view = namespace.view()
    if view is None or view.newest is None:
        return
    needed = _needed(view, view.newest, serde)
    gone = {stored.id for stored in view.checkpoints()} - needed
    if gone:
        oldest = view.oldest_of(needed)  # first, so that few are left to be hidden
        documents.prune(view.store, view.key, keep=view.head.number - oldest + 1)
        pruned = namespace.view()
        left = {stored.id for stored in pruned.checkpoints()} if pruned else set()
        namespace.hide(gone & left, view.newest, erased=gone)
    if gone or view.state["hidden"]:
        _erase_hidden(namespace, needed)


def _erase_hidden(namespace: Namespace, needed: Collection[str] = ()) -> None:
    """Rewrite both documents without what is hidden.

    Args:
        needed: all that is to be seen then: what is older than these goes whole.
    """
    view = namespace.view()
    if view is None:
        return
    hidden = {*view.state["hidden"]}

    def redact(revision: documents.Document) -> Any:
        state = parsed(revision.data)
        made = without(state, hidden)
        return revision.data if made == state else made

    documents.rewrite(view.store, view.key, redact=redact, first=view.oldest_of(needed))
    _forget_writes(view.store, namespace.key(WRITES))


def _forget_writes(store: DocumentStore, key: str) -> None:
    """Of the second document only the newest revision is wanted."""
    head = store.head(key)
    if head is not None and not head.deleted:
        documents.rewrite(store, key, first=head.number)


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
