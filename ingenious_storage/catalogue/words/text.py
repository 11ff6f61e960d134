"""Text: what is said in a document, in the order of its JSON."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

from ingenious_storage.catalogue.records import DocumentKind
from ingenious_storage.jsondata import Json

_NOT_SAID: Final = frozenset({"role", "type"})
"""Of a message: what kind of thing it is, the same word in every document."""
_NO_WORD: Final = re.compile(r"(?:data:[\w/+.;=-]*,)?[0-9A-Za-z+/_=-]{400,}")
"""Images and other bytes as text, which nobody looks for: each would be hundreds of words."""


def text_of(kind: DocumentKind, data: Json) -> str:
    """One line or more for each thing that is said.

    Of a memory all texts but the roles of messages; of a prompt set the names and texts of its
    files; of a label its set. None, a deleted document's data, says nothing.
    """
    if kind == "label":
        return str(data.get("set", "")) if isinstance(data, dict) else ""
    found = _of_files(data) if kind == "prompts" else _strings(data)
    return "\n".join(_NO_WORD.sub("", each) for each in found if each)


def _of_files(data: Json) -> Iterator[str]:
    if isinstance(data, dict):
        for name, text in data.items():
            yield name
            yield from _strings(text)


def _strings(data: Json) -> Iterator[str]:
    """Without recursion: a document may be deeper than Python's stack allows."""
    waiting = [iter((data,))]
    while waiting:
        for value in waiting[-1]:
            if isinstance(value, str):
                yield value
            elif isinstance(value, dict):
                waiting.append(iter(_said(value)))
                break
            elif isinstance(value, list):
                waiting.append(iter(value))
                break
        else:
            waiting.pop()


def _said(value: dict[str, Json]) -> list[Json]:
    if "content" in value or "text" in value:  # a message, or a part of one
        return [each for name, each in value.items() if name not in _NOT_SAID]
    return list(value.values())
