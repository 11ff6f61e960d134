"""Paths of the framework, and what in a storage is at each of them.

    memory/context.md                       the memory of the conversation `_shared`
    memory/{thread}/context.md              the memory of the conversation `{thread}`
    templates/prompts/{revision}/{file}     a prompt of the set of that revision
    templates/prompts/{file}                a prompt of the set `no-revision`
    any other path                          a blob at `files/{path}` in the category's container

The framework checks nothing, and its own backends join such paths to a folder. As there, empty
segments and `.` mean nothing.
"""

from __future__ import annotations

import os
import re
from dataclasses import dataclass
from typing import Final

from ingenious_storage.errors import InvalidKeyError
from ingenious_storage.services.framework_names import CONTEXT, NO_REVISION, SHARED, set_name

MEMORY: Final = "memory"
TEMPLATES: Final = "templates"
PROMPTS: Final = "prompts"
FILES: Final = "files/"
"""The root of what is neither a memory nor a prompt."""
_ABSOLUTE = re.compile(r"/|[A-Za-z]:/")


@dataclass(frozen=True, slots=True)
class MemoryPlace:
    """The memory of a conversation."""

    conversation: str


@dataclass(frozen=True, slots=True)
class PromptPlace:
    """A prompt of a set."""

    set: str
    name: str


@dataclass(frozen=True, slots=True)
class BlobPlace:
    """A blob, text in UTF-8."""

    key: str


Place = MemoryPlace | PromptPlace | BlobPlace


def place_of(file_path: str, file_name: str) -> Place:
    """What a file is. Raises: InvalidKeyError for what no file of the framework can be."""
    parts = parts_of(f"{file_path}/{file_name}" if file_path else file_name)
    if parts is None:
        raise InvalidKeyError(
            f"{file_path!a} is an absolute path", hint="Paths are relative: templates/prompts/..."
        )
    match parts:
        case "memory", *thread, leaf if leaf == CONTEXT:
            return MemoryPlace(_conversation(thread))
        case "templates", "prompts", name:
            return PromptPlace(NO_REVISION, name)
        case "templates", "prompts", revision, *name:
            return PromptPlace(set_of(revision), "/".join(name))
    return BlobPlace(FILES + "/".join(parts))


def parts_of(path: str) -> tuple[str, ...] | None:
    """The segments of a path; None for an absolute one. Raises: InvalidKeyError for `..`."""
    # The framework makes some paths with pathlib, so on Windows they have backslashes.
    text = path.replace("\\", "/") if os.sep == "\\" else path
    parts = tuple(part for part in text.split("/") if part not in {"", "."})
    if ".." in parts:
        raise InvalidKeyError(
            f"'..' in the path {path[:80]!a}", hint="A path may not lead out of the storage."
        )
    return None if _ABSOLUTE.match(text) else parts


def set_of(revision: str) -> str:
    """The prompt set of a revision. Raises: InvalidKeyError for the one that belongs to none."""
    name = set_name(revision)
    if name == NO_REVISION:
        raise InvalidKeyError(
            f"a revision may not be named {revision[:80]!a}",
            hint="That set holds the prompts without a revision. Take another name.",
        )
    return name


def _conversation(thread: list[str]) -> str:
    name = "/".join(thread)
    if name == SHARED:
        raise InvalidKeyError(
            f"a thread may not be named {SHARED!r}",
            hint="That conversation holds the memory without a thread. Take another name.",
        )
    return name or SHARED
