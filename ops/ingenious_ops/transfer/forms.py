"""Forms of conversations: the file that each becomes, made wherever its memory is read."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ingenious_ops.transfer.conversation_files import Layout, as_json, as_markdown
from ingenious_storage import MemoryManager, StorageError
from ingenious_storage.errors import InvalidDataError


@dataclass(frozen=True, slots=True)
class Form:
    """A conversation as a file; or the error of its memory. Plain data."""

    conversation: str
    path: Path = Path()
    """Below the folder of the export."""
    text: str = ""
    context: str | None = None
    """All that is in a Markdown memory: another one may have its file."""
    error: StorageError | None = None


def forms(memory: MemoryManager, conversations: Iterable[str], layout: Layout) -> Iterator[Form]:
    """Each of them; all their texts are in memory together."""
    for name, loaded in memory.load_many(conversations).items():
        if isinstance(loaded, StorageError):
            yield Form(name, error=loaded)
        else:
            yield form(name, loaded, layout)


def form(conversation: str, memory: Any, layout: Layout, *, markdown: bool = True) -> Form:
    """The file of one memory; with an InvalidDataError when `layout` has no form for it.

    Args:
        markdown: False where another conversation has the file of the Markdown form.
    """
    found = as_markdown(conversation, memory) if markdown and layout != "json" else None
    if found is not None:
        return Form(conversation, *found, context=memory["context"])
    if layout == "ingenious":
        error = InvalidDataError(
            f"conversation {conversation!r} has no form in the Markdown layout",
            hint="--layout auto writes what is no Markdown memory as JSON.",
        )
        return Form(conversation, error=error)
    path, text = as_json(conversation, memory)
    return Form(conversation, Path("conversations", path) if layout == "auto" else path, text)
