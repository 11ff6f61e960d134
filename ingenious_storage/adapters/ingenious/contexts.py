"""Contexts: the text that the framework remembers of a thread, in a memory beside other members."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from typing import Final

from ingenious_storage.errors import InvalidDataError, MemoryNotFoundError
from ingenious_storage.jsondata import Json
from ingenious_storage.services.memory import MemoryManager

_MEMBER: Final = "context"


class Contexts:
    """The `context` of each memory. Raises, in each method, what `MemoryManager` raises.

    InvalidDataError means that a memory has another shape: somebody else wrote it.
    """

    def __init__(self, memory: MemoryManager) -> None:
        self._memory = memory

    def read(self, conversation: str) -> str | None:
        """The text; None for a memory that is missing, and for one without a context."""
        found = self._memory.load_memory(conversation, default=None)
        return None if found is None else _members(found).get(_MEMBER)

    def write(self, conversation: str, text: str) -> None:
        """Make it the newest revision; the same text is not written again."""
        self._change(conversation, lambda _old: text)

    def maintain(self, conversation: str, new: str, max_words: int) -> None:
        """Add words and keep the last `max_words` (0: all), whoever else does the same."""

        def change(old: str) -> str:
            return " ".join(f"{old} {new}".split()[-max_words:])

        self._change(conversation, change)

    def delete(self, conversation: str) -> None:
        """Delete the memory; a missing one is fine, and its history stays."""
        with suppress(MemoryNotFoundError):
            self._memory.delete_memory(conversation)

    def _change(self, conversation: str, change: Callable[[str], str]) -> None:
        def update(memory: Json) -> Json:
            members = {} if memory is None else _members(memory)
            return {**members, _MEMBER: change(members.get(_MEMBER, ""))}

        self._memory.update_memory(conversation, update)


def _members(memory: Json) -> dict[str, Json]:
    if isinstance(memory, dict) and isinstance(memory.get(_MEMBER, ""), str):
        return memory
    raise InvalidDataError(
        f"this memory has no text as {_MEMBER!r}",
        hint='The framework keeps {"context": text}; take another thread for other data.',
    )
