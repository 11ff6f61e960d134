"""Conversations as files: one JSON file each, or the Markdown layout of the Ingenious framework.

A JSON file is a record with the id in it, as `as_json` makes it, or a memory as it is, whose id is
the name of the file. Markdown: `memory/{thread}/context.md` is conversation `{thread}` with
`{"context": text}`, and `memory/context.md` is conversation `_shared`.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, Literal

import orjson

from ingenious_ops.intake import parse_json, read_file
from ingenious_storage.errors import InvalidDataError, InvalidKeyError
from ingenious_storage.keys import decode_id, encode_id, validate_key
from ingenious_storage.services.framework_names import CONTEXT, SHARED

Layout = Literal["auto", "json", "ingenious"]

FORMAT: Final = "ingenious.conversation/1"
_FAMILY: Final = FORMAT.rpartition("/")[0] + "/"
_INDENTED: Final = orjson.OPT_INDENT_2 | orjson.OPT_APPEND_NEWLINE
_DEVICE = re.compile(r"(?:con|prn|aux|nul|com[0-9]|lpt[0-9])", re.IGNORECASE)
_REFUSED = re.compile(r'[<>:"|?*]')  # by Windows


@dataclass(frozen=True)
class Source:
    """A file that holds a conversation; `thread` when its place, not its text, says which."""

    path: Path
    thread: str | None = None


def find(place: Path, layout: Layout) -> list[Source]:
    """The files at `place`, which is a folder or one file. Links are not followed.

    With "auto" a workspace, that is a folder with `memory/` or `conversations/`, gives both; a
    folder with Markdown memories gives these, any other folder its `*.json`.
    """
    if place.is_file():
        thread = place.parent.name if place.parent.name != "memory" else SHARED
        return [Source(place, thread if place.name == CONTEXT else None)]
    memory, conversations = place / "memory", place / "conversations"
    markdown = list(_markdown(memory if memory.is_dir() else place))
    if layout == "ingenious":
        return markdown
    if layout == "json":
        return list(_json(place))
    if memory.is_dir() or conversations.is_dir():
        return [*markdown, *_json(conversations)]
    return markdown or list(_json(place))


def read(source: Source) -> tuple[str, Any]:
    """The id and the memory. Raises: OSError, InvalidDataError, ObjectTooLargeError."""
    text = read_file(source.path)
    if source.thread is not None:
        return source.thread, {"context": text}
    data = parse_json(text, str(source.path))
    found = data.get("format") if isinstance(data, dict) else None
    if not isinstance(found, str) or not found.startswith(_FAMILY):
        return _id_of(source.path.stem), data
    if found != FORMAT:
        problem = f"format {found[:60]!a}, this release reads {FORMAT!r}"
    elif isinstance(data.get("conversation"), str) and "memory" in data:
        return data["conversation"], data["memory"]
    else:
        problem = "this record has no conversation, or no memory"
    raise InvalidDataError(f"{source.path}: {problem}")


def as_markdown(conversation: str, memory: Any) -> tuple[Path, str] | None:
    """Where it goes below the folder of an export, and its text; None when it has no such form."""
    context = memory.get("context") if isinstance(memory, dict) else None
    if not isinstance(context, str) or len(memory) > 1:
        return None
    if conversation == SHARED:
        return Path("memory", CONTEXT), context
    segments = conversation.split("/")
    if not all(map(_is_plain, segments)):
        return None
    return Path("memory", *segments, CONTEXT), context


def as_json(conversation: str, memory: Any) -> tuple[Path, str]:
    """Where it goes below the folder of an export, and its text."""
    record = {"format": FORMAT, "conversation": conversation, "memory": memory}
    return Path(file_name(conversation)), _indented(record)


def _indented(record: dict[str, Any]) -> str:
    try:  # a tenth of the time that Python's own takes with an indent
        return orjson.dumps(record, option=_INDENTED).decode()
    except TypeError:  # a memory as deep as orjson writes, one level further down
        return json.dumps(record, indent=2, ensure_ascii=False) + "\n"


def file_name(conversation: str) -> str:
    """A name for any id, injective on every file system.

    Where capitals (some file systems ignore case) or the name of a device would be a risk, a
    hash keeps it apart. The id itself is in the file.
    """
    name = encode_id(conversation)
    plain = re.sub(r"%[0-9A-F]{2}", "", name)
    if plain != plain.lower() or _DEVICE.fullmatch(name):
        name += "~" + hashlib.sha256(conversation.encode()).hexdigest()[:8]
    return f"{name}.json"


def _markdown(memory: Path) -> Iterator[Source]:
    for path in sorted(memory.rglob(CONTEXT)):
        if path.is_file() and not path.is_symlink():
            thread = path.parent.relative_to(memory).as_posix()
            yield Source(path, SHARED if thread == "." else thread)


def _json(folder: Path) -> Iterator[Source]:
    return (
        Source(path)
        for path in sorted(folder.glob("*.json"))
        if path.is_file() and not path.is_symlink()
    )


def _is_plain(segment: str) -> bool:
    """Whether it names a folder on every file system, where no memory's own file may be."""
    if segment.casefold() == CONTEXT:
        return False
    try:
        validate_key(segment)
    except InvalidKeyError:
        return False
    device = _DEVICE.fullmatch(segment.partition(".")[0])
    return not (device or _REFUSED.search(segment) or len(segment.encode()) > 200)


def _id_of(stem: str) -> str:
    try:
        return decode_id(stem) or stem
    except UnicodeDecodeError:
        return stem
