"""Memory methods of the framework's `MemoryManager`, each one call to a storage.

The framework's own answer an outage with "" or False, and the next write then replaces the memory;
two at a time lose one of two changes. These raise, and lose nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Coroutine
from functools import wraps
from typing import Any

from ingenious_storage.adapters.ingenious.access import Access
from ingenious_storage.adapters.ingenious.contexts import Contexts
from ingenious_storage.adapters.ingenious.paths import MemoryPlace, place_of
from ingenious_storage.errors import InvalidKeyError
from ingenious_storage.services.framework_names import SHARED

Method = Callable[..., Coroutine[Any, Any, Any]]


def guarded(theirs: Method, ours: Method) -> Method:
    """`ours` where the manager has our storage, and `theirs` for any other."""

    @wraps(theirs)
    async def method(self: Any, *args: Any, **options: Any) -> Any:
        files = getattr(self, "file_storage", None)  # a test may have made it without
        is_ours = isinstance(getattr(files, "repository", None), Access)
        return await (ours if is_ours else theirs)(self, *args, **options)

    return method


async def read_memory(self: Any, thread_id: str | None = None, default_content: str = "") -> str:
    """The text, or the default for one that is missing or empty."""
    conversation = _conversation(self, thread_id)
    text = await _repository(self).with_contexts(lambda memory: memory.read(conversation))
    return text or default_content


async def write_memory(self: Any, content: str, thread_id: str | None = None) -> bool:
    """True: what cannot be written raises."""
    conversation = _conversation(self, thread_id)
    await _change(self, lambda memory: memory.write(conversation, content))
    return True


async def maintain_memory(
    self: Any, new_content: str, max_words: int = 150, thread_id: str | None = None
) -> bool:
    """True. Adds words and keeps the last `max_words`, in one change."""
    conversation = _conversation(self, thread_id)
    await _change(self, lambda memory: memory.maintain(conversation, new_content, max_words))
    return True


async def delete_memory(self: Any, thread_id: str | None = None) -> bool:
    """True, also for a memory that is missing."""
    conversation = _conversation(self, thread_id)
    await _change(self, lambda memory: memory.delete(conversation))
    return True


def _conversation(manager: Any, thread_id: str | None) -> str:
    """Raises: InvalidKeyError for a thread that has no memory of its own."""
    place = place_of(*manager._get_memory_file_path(thread_id))  # noqa: SLF001  # subclasses do
    is_shared = isinstance(place, MemoryPlace) and place.conversation == SHARED
    if not isinstance(place, MemoryPlace) or (thread_id and is_shared):
        raise InvalidKeyError(
            f"thread {str(thread_id)[:80]!a} cannot have a memory", hint="Take another name."
        )
    return place.conversation


async def _change(manager: Any, call: Callable[[Contexts], None]) -> None:
    await _repository(manager).with_contexts(call, changes=True)


def _repository(manager: Any) -> Access:
    repository: Access = manager.file_storage.repository
    return repository
