"""Async twins of the services: the same calls on a bounded pool of threads, from any event loop.

Measured reason: a synchronous call handed to a thread costs less CPU than the SDK's own asyncio
path.

Cancelling an `await`, by a timeout too, ends the call: the request under way is cut off, no other
is sent, and its thread is free again. A write that was under way may have landed or not; none
half. `deadline(seconds)` around an `await` says which, by the error that it raises.
"""

from __future__ import annotations

from collections.abc import Callable, Coroutine, Iterator
from functools import partial, update_wrapper
from typing import Any, Concatenate, Final, ParamSpec, TypeVar

from ingenious_storage.aio.listing import AsyncListing
from ingenious_storage.aio.outcome import to_its_end
from ingenious_storage.aio.threads import THREADS, in_thread
from ingenious_storage.arguments import of_kind
from ingenious_storage.services.memory import MemoryManager
from ingenious_storage.services.prompts import PromptLibrary

__all__ = ["THREADS", "AsyncMemoryManager", "AsyncPromptLibrary", "in_thread", "to_its_end"]

P = ParamSpec("P")
R = TypeVar("R")
S = TypeVar("S")

_HAS: Final = "a Storage has both, as storage.memory and storage.prompts"


def _twin(
    method: Callable[Concatenate[S, P], R],
) -> Callable[Concatenate[Any, P], Coroutine[Any, Any, R]]:
    async def call(self: Any, *args: P.args, **kwargs: P.kwargs) -> R:
        return await in_thread(partial(method, self.sync, *args, **kwargs))

    return update_wrapper(call, method)  # type: ignore[return-value]


def _listing(method: Callable[[S], Iterator[R]], sync: S) -> AsyncListing[R]:
    return AsyncListing(partial(method, sync), in_thread)


class AsyncMemoryManager:
    """`MemoryManager` for event loops; `sync` is the one that does the work.

    The function given to `update_memory` is a plain one and runs in a worker thread.
    """

    def __init__(self, sync: MemoryManager | None = None) -> None:
        self.sync = MemoryManager() if sync is None else of_kind(sync, MemoryManager, _HAS)

    save_memory = _twin(MemoryManager.save_memory)
    load_memory = _twin(MemoryManager.load_memory)
    snapshot = _twin(MemoryManager.snapshot)
    update_memory = _twin(MemoryManager.update_memory)
    append_messages = _twin(MemoryManager.append_messages)
    delete_memory = _twin(MemoryManager.delete_memory)
    restore_memory = _twin(MemoryManager.restore_memory)
    purge_memory = _twin(MemoryManager.purge_memory)
    prune_memory = _twin(MemoryManager.prune_memory)
    history = _twin(MemoryManager.history)
    kept_revisions = _twin(MemoryManager.kept_revisions)
    landed = _twin(MemoryManager.landed)
    rollback = _twin(MemoryManager.rollback)
    diff = _twin(MemoryManager.diff)
    save_many = _twin(MemoryManager.save_many)
    load_many = _twin(MemoryManager.load_many)

    def list_conversations(self) -> AsyncListing[str]:
        """The ids: `await` gives all of them, `async for` one after the other."""
        return _listing(MemoryManager.list_conversations, self.sync)


class AsyncPromptLibrary:
    """`PromptLibrary` for event loops; `sync` is the one that does the work."""

    def __init__(self, sync: PromptLibrary | None = None) -> None:
        self.sync = PromptLibrary() if sync is None else of_kind(sync, PromptLibrary, _HAS)

    create_set = _twin(PromptLibrary.create_set)
    get_set = _twin(PromptLibrary.get_set)
    snapshot = _twin(PromptLibrary.snapshot)
    get = _twin(PromptLibrary.get)
    commit = _twin(PromptLibrary.commit)
    history = _twin(PromptLibrary.history)
    kept_revisions = _twin(PromptLibrary.kept_revisions)
    landed = _twin(PromptLibrary.landed)
    diff = _twin(PromptLibrary.diff)
    rollback = _twin(PromptLibrary.rollback)
    delete_set = _twin(PromptLibrary.delete_set)
    restore_set = _twin(PromptLibrary.restore_set)
    purge_set = _twin(PromptLibrary.purge_set)
    prune_set = _twin(PromptLibrary.prune_set)
    set_label = _twin(PromptLibrary.set_label)
    get_label = _twin(PromptLibrary.get_label)
    list_labels = _twin(PromptLibrary.list_labels)
    dangling_labels = _twin(PromptLibrary.dangling_labels)
    label_history = _twin(PromptLibrary.label_history)
    kept_label_revisions = _twin(PromptLibrary.kept_label_revisions)
    label_landed = _twin(PromptLibrary.label_landed)
    delete_label = _twin(PromptLibrary.delete_label)
    import_directory = _twin(PromptLibrary.import_directory)
    export_directory = _twin(PromptLibrary.export_directory)

    def list_sets(self) -> AsyncListing[str]:
        """The names: `await` gives all of them, `async for` one after the other."""
        return _listing(PromptLibrary.list_sets, self.sync)
