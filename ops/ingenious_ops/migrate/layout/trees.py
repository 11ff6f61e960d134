"""Trees of the framework: the files of one source, or of the two containers of a storage.

The framework keeps memories in the container of its category `data` and prompts in that of
`revisions`. So a component is taken from its own container where that has it, else from the other.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from ingenious_ops.migrate.ends.base import Component, Item, Skipped, Source
from ingenious_ops.migrate.errors import LayoutNotFoundError
from ingenious_ops.migrate.layout.roots import NOWHERE, File, Parts, Roots, find_roots

COMPONENTS: Final[tuple[Component, ...]] = ("memory", "prompts")
"""In the order of the containers that the framework keeps them in."""


@dataclass(frozen=True, slots=True)
class Tree:
    """The files of one source, and what of them is taken."""

    source: Source
    files: Sequence[File]
    skipped: Sequence[Skipped]
    roots: Roots
    elsewhere: Roots = NOWHERE
    """Folders of components that another source is taken for."""


def read_trees(
    sources: Sequence[Source], *, only: Component | None, apart: Path | None
) -> list[Tree]:
    """One for each of one or two sources, `data` first.

    Args:
        sources: each is listed.
        only: the component that is wanted.
        apart: a folder whose files are left out.

    Raises: LayoutNotFoundError where nothing that is wanted is anywhere; LayoutAmbiguousError.
    """
    found = [_tree(source, only, apart, alone=len(sources) == 1) for source in sources]
    if not any(tree.roots.of(component) for tree in found for component in COMPONENTS):
        raise LayoutNotFoundError("no memory and no prompts of the framework there")
    return [_share(tree, _taken(tree, found)) for tree in found]


def _tree(source: Source, only: Component | None, apart: Path | None, *, alone: bool) -> Tree:
    listing = source.listing()
    files = [_file(item) for item in listing.items]
    inner = _parts_below(source.folder, apart)
    if inner is not None:
        files = [file for file in files if file.parts[: len(inner)] != inner]
    label = source.folder.name if source.folder is not None else ""
    try:
        roots = find_roots(files, label=label, only=only)
    except LayoutNotFoundError:
        if alone:
            raise
        roots = NOWHERE
    return Tree(source, files, listing.skipped, roots)


def _taken(tree: Tree, trees: Sequence[Tree]) -> list[Component]:
    """The components that this tree is taken for."""
    taken = []
    for component, order in zip(COMPONENTS, (trees, trees[::-1]), strict=True):
        having = [each for each in order if each.roots.of(component)]
        if having and having[0] is tree:
            taken.append(component)
    return taken


def _share(tree: Tree, taken: Sequence[Component]) -> Tree:
    others = [component for component in COMPONENTS if component not in taken]
    roots = tree.roots
    return Tree(tree.source, tree.files, tree.skipped, roots.only(taken), roots.only(others))


def _file(item: Item) -> File:
    """By its own name where that is text: an id may be any, a key in a store may not."""
    name = item.name or item.key
    try:
        name.encode()
    except UnicodeEncodeError:
        name = item.key
    return File(tuple(name.split("/")), item)


def _parts_below(folder: Path | None, inner: Path | None) -> Parts | None:
    if folder is None or inner is None or not inner.is_relative_to(folder):
        return None
    return inner.relative_to(folder).parts
