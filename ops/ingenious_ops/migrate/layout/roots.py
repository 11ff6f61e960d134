"""Roots of the framework's files in a listing: the folders that hold its memories and prompts.

The framework writes `memory/context.md`, `memory/{thread}/context.md`,
`templates/prompts/{revision}/{file}`, `templates/prompts/{file}` and `functional_test_outputs/...`
below a path of its configuration (`file_storage.{data,revisions}.path`, such as `.files`). So what
is given may be the folder above that path, the path itself, or `memory` or `templates/prompts`
alone. Its `LegacyMemoryManager` and some of its flows write `{thread}/context.md` below another
path (`chat_history.memory_path`, `./tmp` unless that is set).
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from typing import Final

from ingenious_ops.migrate.ends.base import Component, Item
from ingenious_ops.migrate.errors import LayoutAmbiguousError, LayoutNotFoundError
from ingenious_storage.services.framework_names import CONTEXT

Parts = tuple[str, ...]

_MEMORY: Final = "memory"
_PROMPTS: Final = ("templates", "prompts")
_LEGACY: Final = frozenset({"tmp", ".tmp"})
"""The default of `memory_path`, in this release of the framework and in its older templates."""
_DEEPEST: Final = 2
"""Folders above `memory` or `templates`: deeper ones are of test data and installed packages."""
SHOWN: Final = (".md", ".jinja")
"""What the framework lists as prompts. Hidden files are prompts only when they end so."""


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
    legacy: Parts | None = None
    """Of memories that are written past the file storage."""

    def of(self, component: Component) -> list[Parts]:
        """The folders of a component."""
        roots = (self.memory, self.legacy) if component == "memory" else (self.prompts,)
        return [root for root in roots if root is not None]

    def only(self, components: Collection[Component]) -> Roots:
        """The same without the other components."""
        memory, prompts = "memory" in components, "prompts" in components
        return Roots(
            self.memory if memory else None,
            self.prompts if prompts else None,
            self.legacy if memory else None,
        )


NOWHERE: Final = Roots()


def find_roots(files: Sequence[File], *, label: str, only: Component | None) -> Roots:
    """Raises: LayoutAmbiguousError; LayoutNotFoundError when neither is there.

    Args:
        label: the name of the source's own folder, "" when it has none.
        only: the component that is wanted, which the source itself may be.
    """
    memory = _memory(files, label, only)
    found = Roots(memory, _prompts(files, label, only), _legacy(files, label, memory))
    wanted: tuple[Component, ...] = ("memory", "prompts") if only is None else (only,)
    if not any(found.of(component) for component in wanted):
        raise LayoutNotFoundError(f"no {only or 'memory and no prompts'} of the framework there")
    return found


def _memory(files: Sequence[File], label: str, only: Component | None) -> Parts | None:
    found = _shallowest((_memory_root(file.parts) for file in files), _MEMORY)
    return _memory_of_part(files) if found is None and _MEMORY in {label, only} else found


def _prompts(files: Sequence[File], label: str, only: Component | None) -> Parts | None:
    for root_of in (_prompts_root, _loose_root):
        found = _shallowest((root_of(file.parts) for file in files), "prompts")
        if found is not None:
            return found
    return None if only == "memory" else _prompts_of_part(files, label, only)


def _legacy(files: Sequence[File], label: str, memory: Parts | None) -> Parts | None:
    found = _shallowest((_legacy_root(file.parts, memory) for file in files), "legacy memory")
    alone = found is None and memory is None and label in _LEGACY
    return _memory_of_part(files) if alone else found


def _memory_root(parts: Parts) -> Parts | None:
    if parts[-1] != CONTEXT or _MEMORY not in parts[:-1]:
        return None
    return parts[: parts.index(_MEMORY) + 1]


def _prompts_root(parts: Parts) -> Parts | None:
    for depth in range(len(parts) - 3):
        if parts[depth : depth + 2] == _PROMPTS:
            return parts[: depth + 2]
    return None


def _loose_root(parts: Parts) -> Parts | None:
    """Where there is no revision at all."""
    return parts[:-1] if parts[-3:-1] == _PROMPTS and parts[-1].endswith(SHOWN) else None


def _legacy_root(parts: Parts, memory: Parts | None) -> Parts | None:
    if parts[-1] != CONTEXT or (memory is not None and is_below(parts, memory)):
        return None
    return next((parts[: n + 1] for n, part in enumerate(parts[:-1]) if part in _LEGACY), None)


def _prompts_of_part(files: Sequence[File], label: str, only: Component | None) -> Parts | None:
    """When the source is `templates` or `templates/prompts` itself."""
    if label == "templates":
        below = [file.parts[1:] for file in files if file.parts[0] == "prompts"]
        if any(map(_is_prompt, below)):
            return ("prompts",)
    if label == "prompts" and any(_is_prompt(file.parts) for file in files):
        return ()
    return () if only == "prompts" and any(len(file.parts) > 1 for file in files) else None


def _is_prompt(parts: Parts) -> bool:
    """Whether it may be a prompt below `templates/prompts`: of a revision, or of none."""
    return len(parts) > 1 or (len(parts) == 1 and parts[0].endswith(SHOWN))


def _memory_of_part(files: Sequence[File]) -> Parts | None:
    is_memory = any(file.parts[-1] == CONTEXT and len(file.parts) <= 2 for file in files)
    return () if is_memory else None


def _shallowest(roots: Iterable[Parts | None], what: str) -> Parts | None:
    deepest = _DEEPEST + (2 if what == "prompts" else 1)
    found = sorted({root for root in roots if root is not None and len(root) <= deepest}, key=len)
    level = [root for root in found if len(root) == len(found[0])]
    if len(level) > 1:
        names = ", ".join(map(shown_folder, sorted(level)))
        raise LayoutAmbiguousError(f"{what} of the framework is in several folders: {names}")
    return level[0] if level else None


def is_below(parts: Parts, root: Parts) -> bool:
    """Whether a file of that name is in a folder, at any depth."""
    return len(parts) > len(root) and parts[: len(root)] == root


def shown_folder(parts: Iterable[str]) -> str:
    """For people."""
    return "/".join(parts) + "/" if parts else "./"
