"""Tree of the framework: what each of its files belongs to."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from typing import Final, NamedTuple

from ingenious_ops.migrate.ends.base import Component, Skipped
from ingenious_ops.migrate.layout.roots import (
    NOWHERE,
    SHOWN,
    File,
    Parts,
    Roots,
    is_below,
    shown_folder,
)
from ingenious_storage.services.framework_names import CONTEXT, SHARED

_OUTPUTS: Final = "functional_test_outputs"
_OUTPUTS_BELOW: Final = 2
"""Folders above it."""
_NO_THREADS: Final = frozenset({"chroma_db", "knowledge_base"})
"""What the framework keeps below `memory_path` besides memories."""


@dataclass
class Sorted:
    """What a listing holds."""

    memories: dict[str, File] = field(default_factory=dict)
    """By thread."""
    prompts: dict[str, list[File]] = field(default_factory=dict)
    """By revision; `parts` begin behind it."""
    loose: list[File] = field(default_factory=list)
    """Prompts of no revision; `parts` are their names."""
    reserved: list[File] = field(default_factory=list)
    """Memories of a thread whose name is that of the memory without a thread."""
    legacy: dict[str, File] = field(default_factory=dict)
    """As `memories`, of the other folder."""
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


def sort(
    files: Iterable[File],
    roots: Roots,
    components: Sequence[Component],
    *,
    elsewhere: Roots = NOWHERE,
) -> Sorted:
    """Every file either into a unit, or to what is left alone.

    `elsewhere` are folders of components that another source is taken for.
    """
    found = Sorted()
    for file in files:
        home = _home(file.parts, roots)
        if home is None:
            found.leave(*_left(file.parts, elsewhere))
        elif home.component not in components:
            found.leave(shown_folder(home.root), f"left out by --only {components[0]}")
        else:
            home.take(found, file, home.root)
    _join(found)
    return found


_Take = Callable[[Sorted, File, Parts], None]


class _Home(NamedTuple):
    """A folder of files, and what becomes of them."""

    root: Parts
    component: Component
    take: _Take


def _home(parts: Parts, roots: Roots) -> _Home | None:
    homes: tuple[tuple[Parts | None, Component, _Take], ...] = (
        (roots.memory, "memory", _take_memory),
        (roots.prompts, "prompts", _take_prompt),
        (roots.legacy, "memory", _take_legacy),
    )
    for root, component, take in homes:
        if root is not None and is_below(parts, root):
            return _Home(root, component, take)
    return None


def _left(parts: Parts, elsewhere: Roots) -> tuple[str, str]:
    home = _home(parts, elsewhere)
    if home is None:
        return _other(parts)
    return shown_folder(home.root), f"not taken: the other container has {home.component} too"


def _take_memory(found: Sorted, file: File, root: Parts) -> None:
    *thread, leaf = file.parts[len(root) :]
    if leaf != CONTEXT:
        found.leave("/".join(file.parts), f"in {shown_folder(root)} and not named {CONTEXT}")
    elif thread == [SHARED]:
        found.reserved.append(file)
    else:
        found.memories["/".join(thread) or SHARED] = file


def _take_legacy(found: Sorted, file: File, root: Parts) -> None:
    *thread, leaf = file.parts[len(root) :]
    if leaf != CONTEXT or _NO_THREADS.intersection(thread[:1]):
        found.leave(*_other(file.parts))
    elif thread == [SHARED]:
        found.reserved.append(file)
    else:
        found.legacy["/".join(thread) or SHARED] = file


def _join(found: Sorted) -> None:
    """A thread that has a memory in the file storage keeps that one."""
    for name, file in found.legacy.items():
        kept = found.memories.setdefault(name, file)
        if kept is not file:
            found.leave("/".join(file.parts), f"this thread's memory is {'/'.join(kept.parts)}")


def _take_prompt(found: Sorted, file: File, root: Parts) -> None:
    *folders, name = file.parts[len(root) :]
    if any(part.startswith(".") for part in folders):
        found.leave("/".join(file.parts), "in a hidden folder")
    elif name.startswith("._") or (name.startswith(".") and not name.endswith(SHOWN)):
        found.leave("/".join(file.parts), f"hidden, and no {' or '.join(SHOWN)}")
    elif not folders:
        found.loose.append(File((name,), file.item))
    else:
        revision, *below = folders
        found.prompts.setdefault(revision, []).append(File((*below, name), file.item))


def _other(parts: Parts) -> tuple[str, str]:
    for depth, part in enumerate(parts[: _OUTPUTS_BELOW + 1]):
        if part == _OUTPUTS and len(parts) > depth + 1:
            reason = "outputs of the framework's tests; --layout raw copies them"
            return shown_folder(parts[: depth + 1]), reason
    if len(parts) > 1:
        return shown_folder(parts[:1]), "no part of the layout"
    return parts[0], "no part of the layout"


def _files(number: int) -> str:
    return "1 file" if number == 1 else f"{number} files"
