"""Messages of text, and storages with and without the layers that change data."""

from __future__ import annotations

import re
from collections.abc import Iterable
from pathlib import Path
from pydoc_data.topics import topics
from typing import Any, Final

from benchmarks.machine import ROOT
from ingenious_storage.config import StorageSettings

Message = dict[str, str]
_SPACE: Final = re.compile(r"\s+")
LAYERS: Final = {
    "INGENIOUS_STORAGE__COMPRESSION__ENABLED": "true",
    "INGENIOUS_STORAGE__ENCRYPTION__PROVIDER": "key_file",
    "INGENIOUS_STORAGE__ENCRYPTION__KEY_FILE": "keys.json",
}
"""Compression and encryption, for a command that runs in a folder of its own."""
_TURN: Final = (("user", 200), ("assistant", 1000))


def pages() -> str:
    """The prose of this project's own pages: it says little twice."""
    found = sorted((ROOT / "docs").glob("*.md"))
    return _prose(page.read_text(encoding="utf-8") for page in found)


def reference() -> str:
    """The prose of Python's own reference."""
    return _prose(topics[name] for name in sorted(topics))


def turns(text: str, count: int) -> list[Message]:
    """So many messages, by turns short and long, which follow each other in `text`."""
    found, start = list[Message](), 0
    for number in range(count):
        role, size = _TURN[number % 2]
        found.append({"role": role, "content": text[start : start + size]})
        start += size
    return found


def pieces(text: str, count: int) -> list[Message]:
    """All of `text`, as so many messages of one size."""
    size = len(text) // count
    return [{"role": "user", "content": text[n * size : (n + 1) * size]} for n in range(count)]


def _prose(texts: Iterable[str]) -> str:
    parts = (part for text in texts for part in text.split("\n\n"))
    return " ".join(_SPACE.sub(" ", part) for part in parts if part[:1].isalpha())


def settings(folder: Path, *, layers: bool, **more: Any) -> StorageSettings:
    """With compression and encryption, by a key file in `folder`, or without."""
    return StorageSettings.model_validate({**more, **(_layers(folder) if layers else {})})


def _layers(folder: Path) -> dict[str, Any]:
    encryption = {"provider": "key_file", "key_file": folder / "keys.json"}
    return {"compression": {"enabled": True}, "encryption": encryption}
