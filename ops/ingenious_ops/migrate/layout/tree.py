"""Tree of the framework: where its files lie in a listing, and what each of them belongs to.

The framework writes `memory/context.md`, `memory/{thread}/context.md`,
`templates/prompts/{revision}/{file}` and `functional_test_outputs/...` below a path of its
configuration (`file_storage.{data,revisions}.path`, such as `.files`). So what is given may be the
folder above that path, the path itself, or `memory` or `templates/prompts` alone.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Final

from ingenious_ops.migrate.ends.base import Component, Item, Skipped
from ingenious_ops.migrate.errors import LayoutAmbiguousError, LayoutNotFoundError
from ingenious_storage.services.framework_names import CONTEXT, SHARED

Parts = tuple[str, ...]

_MEMORY: Final = "memory"
_PROMPTS: Final = ("templates", "prompts")
_OUTPUTS: Final = "functional_test_outputs"
_DEEPEST: Final = 2
"""Folders above `memory` or `templates`: deeper ones are of test data and installed packages."""


@dataclass(frozen=True, slots=True)
class File:
    """A file at the source: `parts` is its own name there, `item` what its end calls it."""

    parts: Parts
    item: Item


@dataclass(frozen=True, slots=True)
class Roots:
    """The folders of the two components below the source; None where there is none."""

    memory: Parts | None = None
    prompts: Parts | None = None


@dataclass
class Sorted:
    """What a listing holds."""

    memories: dict[str, File] = field(default_factory=dict)
    """By thread."""
    prompts: dict[str, list[File]] = field(default_factory=dict)
    """By revision; `parts` begin behind it."""
    twice: list[tuple[str, File]] = field(default_factory=list)
    """Memories of a thread that has one already."""
    _left: Counter[tuple[str, str]] = field(default_factory=Counter)

    def leave(self, name: str, reason: str) -> None:
        """Note something that is left alone, and why."""
        self._left[name, reason] += 1

    @property
    def left(self) -> list[Skipped]:
        """What is left alone, a line for each folder."""
        return [
            Skipped(f"{name} ({_files(number)})" if name.endswith("/") else name, reason)
            for (name, reason), number in sorted(self._left.items())
        ]


def find_roots(files: Sequence[File], *, label: str, only: Component | None) -> Roots:
    """Raises: LayoutAmbiguousError; LayoutNotFoundError when neither is there.

    Args:
        label: the name of the source's own folder, "" when it has none.
        only: the component that is wanted, which the source itself may be.
    """
    found = Roots(
        _shallowest((_memory_root(file.parts) for file in files), "memory"),
        _shallowest((_prompts_root(file.parts) for file in files), "prompts"),
    )
    if found.memory is None and _MEMORY in {label, only}:
        found = Roots(_memory_of_part(files), found.prompts)
    if found.prompts is None and only != _MEMORY:
        found = Roots(found.memory, _prompts_of_part(files, label, only))
    wanted = {"memory": found.memory, "prompts": found.prompts}
    if all(root is None for name, root in wanted.items() if only in {None, name}):
        raise LayoutNotFoundError(f"no {only or 'memory and no prompts'} of the framework there")
    return found


def sort(files: Iterable[File], roots: Roots, components: Sequence[Component]) -> Sorted:
    """Every file either into a unit, or to what is left alone."""
    found = Sorted()
    for file in files:
        if roots.memory is not None and _is_below(file.parts, roots.memory):
            if "memory" in components:
                _take_memory(found, file, roots.memory)
            else:
                found.leave(_folder(roots.memory), "left out by --only prompts")
        elif roots.prompts is not None and _is_below(file.parts, roots.prompts):
            if "prompts" in components:
                _take_prompt(found, file, roots.prompts)
            else:
                found.leave(_folder(roots.prompts), "left out by --only memory")
        else:
            found.leave(*_other(file.parts))
    return found


def _take_memory(found: Sorted, file: File, root: Parts) -> None:
    *thread, leaf = file.parts[len(root) :]
    if leaf != CONTEXT:
        found.leave("/".join(file.parts), f"in {_folder(root)} and not named {CONTEXT}")
        return
    name = "/".join(thread) or SHARED
    if found.memories.setdefault(name, file) is not file:
        found.twice.append((name, file))


def _take_prompt(found: Sorted, file: File, root: Parts) -> None:
    revision, *rest = file.parts[len(root) :]
    if any(part.startswith(".") for part in (revision, *rest)):
        found.leave("/".join(file.parts), "hidden")
    elif not rest:
        found.leave("/".join(file.parts), "a prompt in no folder of a revision")
    else:
        found.prompts.setdefault(revision, []).append(File(tuple(rest), file.item))


def _other(parts: Parts) -> tuple[str, str]:
    for depth, part in enumerate(parts[: _DEEPEST + 1]):
        if part == _OUTPUTS and len(parts) > depth + 1:
            reason = "outputs of the framework's tests; --layout raw copies them"
            return _folder(parts[: depth + 1]), reason
    if len(parts) > 1:
        return _folder(parts[:1]), "no part of the layout"
    return parts[0], "no part of the layout"


def _memory_root(parts: Parts) -> Parts | None:
    if parts[-1] != CONTEXT or _MEMORY not in parts[:-1]:
        return None
    return parts[: parts.index(_MEMORY) + 1]


def _prompts_root(parts: Parts) -> Parts | None:
    for depth in range(len(parts) - 3):
        if parts[depth : depth + 2] == _PROMPTS:
            return parts[: depth + 2]
    return None


def _prompts_of_part(files: Sequence[File], label: str, only: Component | None) -> Parts | None:
    """When the source is `templates` or `templates/prompts` itself."""
    if label == "templates" and any(f.parts[0] == "prompts" and len(f.parts) > 2 for f in files):
        return ("prompts",)
    is_prompts = "prompts" in {label, only} and any(len(f.parts) > 1 for f in files)
    return () if is_prompts else None


def _memory_of_part(files: Sequence[File]) -> Parts | None:
    is_memory = any(file.parts[-1] == CONTEXT and len(file.parts) <= 2 for file in files)
    return () if is_memory else None


def _shallowest(roots: Iterable[Parts | None], what: str) -> Parts | None:
    deepest = _DEEPEST + (1 if what == _MEMORY else 2)
    found = sorted({root for root in roots if root is not None and len(root) <= deepest}, key=len)
    level = [root for root in found if len(root) == len(found[0])]
    if len(level) > 1:
        names = ", ".join(map(_folder, sorted(level)))
        raise LayoutAmbiguousError(f"{what} of the framework is in several folders: {names}")
    return level[0] if level else None


def _is_below(parts: Parts, root: Parts) -> bool:
    return len(parts) > len(root) and parts[: len(root)] == root


def _files(number: int) -> str:
    return "1 file" if number == 1 else f"{number} files"


def _folder(parts: Iterable[str]) -> str:
    return "/".join(parts) + "/" if parts else "./"


def folders(roots: Roots) -> Iterator[tuple[Component, str]]:
    """Where each component was found, for people."""
    if roots.memory is not None:
        yield "memory", _folder(roots.memory)
    if roots.prompts is not None:
        yield "prompts", _folder(roots.prompts)
