"""The framework's files as the units that a migration writes: conversations and prompt sets."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Final

from ingenious_ops.migrate.ends.base import Component, Examination, Item, Listing, Skipped, Source
from ingenious_ops.migrate.ends.names import key_of
from ingenious_ops.migrate.errors import ChangedError
from ingenious_ops.migrate.layout.roots import File, shown_folder
from ingenious_ops.migrate.layout.tree import sort
from ingenious_ops.migrate.layout.trees import Tree, read_trees
from ingenious_storage import jsondata
from ingenious_storage.config import ROLES
from ingenious_storage.errors import (
    InvalidDataError,
    NotFoundError,
    ObjectTooLargeError,
    StorageError,
)
from ingenious_storage.runtime.parallel import WORKERS, map_all
from ingenious_storage.services.framework_names import CONTEXT, NO_REVISION, SHARED, set_name
from ingenious_storage.services.kinds import MEMORIES, PROMPT_SETS, Kind
from ingenious_storage.services.prompt_files import require_paths

_NONE: Final = "none of the framework there, so those at the target are not compared"


@dataclass(frozen=True, slots=True, kw_only=True)
class Unit(Item):
    """A conversation or a prompt set, and the files that it is made of."""

    component: Component
    document: str
    """The conversation's id, or the name of the set."""
    place: str
    """The file or folder at the source."""
    files: tuple[File, ...]
    source: Source
    """Where these are read."""


class LayoutSource(Source):
    """Reads the framework's layout out of a folder or a container, or of both containers.

    Args:
        inner: where the files are; two are the containers `data` and `revisions` of one storage.
        components: what becomes units; the rest is listed as left alone.
        max_bytes: of one document.
        apart: a folder whose files are left out: the target's own.
    """

    exact_sizes = False
    must_be_read = True

    def __init__(
        self,
        inner: Sequence[Source],
        components: Sequence[Component],
        *,
        max_bytes: int,
        apart: Path | None = None,
        memories: Kind = MEMORIES,
    ) -> None:
        self._memories = memories
        self._inner, self._components, self._max_bytes = inner, components, max_bytes
        self._apart = apart
        self._trees: Sequence[Tree] = ()

    def describe(self) -> str:
        if len(self._inner) == 1:
            return self._inner[0].describe()
        return ", ".join(
            f"{role} in {inner.describe()}" for role, inner in zip(ROLES, self._inner, strict=True)
        )

    @property
    def folder(self) -> Path | None:
        return self._inner[0].folder

    @property
    def found(self) -> list[Component]:
        """The components that are there, as the last listing saw it."""
        return [each for each in self._components if any(t.roots.of(each) for t in self._trees)]

    def exists(self) -> bool:
        return any(inner.exists() for inner in self._inner)

    def listing(self) -> Listing:
        """Raises: LayoutNotFoundError, LayoutAmbiguousError."""
        only = self._components[0] if len(self._components) == 1 else None
        self._trees = read_trees(self._inner, only=only, apart=self._apart)
        units: list[Unit] = []
        skipped: list[Skipped] = []
        for tree in self._trees:
            of_tree, left = self._of_tree(tree)
            units += of_tree
            skipped += left
        skipped += [Skipped(each, _NONE) for each in self._components if each not in self.found]
        skipped += filter(None, map(self._too_large, units))
        kept = sorted(filter(self._fits, units), key=lambda unit: unit.key)
        return Listing(_with_names(kept), skipped)

    def _of_tree(self, tree: Tree) -> tuple[list[Unit], list[Skipped]]:
        found = sort(tree.files, tree.roots, self._components, elsewhere=tree.elsewhere)
        units = [self._memory(thread, file, tree) for thread, file in found.memories.items()]
        units += [self._set(set_name(name), name, of, tree) for name, of in found.prompts.items()]
        if found.loose:
            units.append(self._set(NO_REVISION, "", found.loose, tree))
        skipped = [*found.left, *self._theirs(tree)]
        if SHARED in found.memories:  # two of one name
            units += [self._memory(SHARED, file, tree) for file in found.reserved]
        else:
            skipped += [_reserved("/".join(file.parts)) for file in found.reserved]
        if not found.loose:
            skipped += [_reserved(unit.place) for unit in units if _is_no_revision(unit)]
            units = [unit for unit in units if not _is_no_revision(unit)]
        return units, skipped

    def examine(self, items: Sequence[Item]) -> Examination:
        """Reads every unit: what is not UTF-8 is better known before a run than after it."""
        units = [item for item in items if isinstance(item, Unit)]
        results = map_all(self.read, units, workers=WORKERS)
        problems = [
            Skipped(unit.place, result.message, is_fault=True)
            for unit, result in zip(units, results, strict=True)
            if isinstance(result, StorageError)
        ]
        return Examination(dict(self._contents(units)), problems)

    def _contents(self, units: Sequence[Unit]) -> Iterator[tuple[Component, dict[str, Any]]]:
        for component in self.found:
            of = [unit for unit in units if unit.component == component]
            empty = [unit.place for unit in of if not unit.size]
            what = "conversations" if component == "memory" else "sets"
            [tree] = [tree for tree in self._trees if tree.roots.of(component)]
            yield (
                component,
                {
                    "source": tree.source.describe(),
                    "folder": ", ".join(map(shown_folder, tree.roots.of(component))),
                    what: len(of),
                    "files": sum(len(unit.files) for unit in of),
                    "empty": empty,
                },
            )

    def find(self, key: str, *, name: str = "") -> Item | None:
        # Which files make a set is known by a listing alone.
        return next((item for item in self.listing().items if item.key == key), None)

    def read(self, item: Item) -> bytes:
        """The data as JSON. Raises: InvalidDataError, ObjectTooLargeError; as `Source.read`."""
        assert isinstance(item, Unit)
        data = jsondata.dumps(self._value(item))
        if len(data) > self._max_bytes:
            raise ObjectTooLargeError(f"{item.place}: {_too_large(len(data), self._max_bytes)}")
        return data

    def close(self) -> None:
        for inner in self._inner:
            inner.close()

    def _value(self, unit: Unit) -> Any:
        if unit.component == "memory":
            return {"context": self._text(unit, unit.files[0].item)}
        texts = {key_of("/".join(file.parts)): self._text(unit, file.item) for file in unit.files}
        if len(texts) < len(unit.files):
            raise InvalidDataError(f"two files of {unit.place} would have one name", key=unit.key)
        require_paths(texts)
        return texts

    def _text(self, unit: Unit, item: Item) -> str:
        try:
            return unit.source.read(item).decode()
        except UnicodeDecodeError as error:
            raise InvalidDataError(
                f"{item.name or item.key} is not UTF-8 text (byte {error.start})",
                key=unit.key,
                hint="Save it as UTF-8, or move it out of the tree.",
            ) from None
        except NotFoundError:
            raise ChangedError(f"{item.name or item.key} is gone", key=unit.key) from None

    def _memory(self, thread: str, file: File, tree: Tree) -> Unit:
        place = "/".join(file.parts)
        return Unit(
            key=self._memories.key(thread),
            size=file.item.size,
            version=file.item.version,
            component="memory",
            document=thread,
            place=place,
            files=(file,),
            source=tree.source,
        )

    def _set(self, name: str, revision: str, files: Iterable[File], tree: Tree) -> Unit:
        # In the order of `prompt_files.read_directory`, so that an import makes the same bytes.
        ordered = sorted(files, key=lambda file: file.parts)
        place = "/".join((*(tree.roots.prompts or ()), revision)).rstrip("/") or "./"
        return Unit(
            key=PROMPT_SETS.key(name),
            size=sum(file.item.size for file in ordered),
            version=_version(ordered),
            name=place if name != revision else "",
            component="prompts",
            document=name,
            place=place,
            files=tuple(ordered),
            source=tree.source,
        )

    def _fits(self, unit: Unit) -> bool:
        return unit.size <= self._max_bytes

    def _too_large(self, unit: Unit) -> Skipped | None:
        if self._fits(unit):
            return None
        return Skipped(unit.place, _too_large(unit.size, self._max_bytes), is_fault=True)

    def _theirs(self, tree: Tree) -> list[Skipped]:
        """What the inner end left out matters in the folders of the components only."""
        wanted = [root for component in self._components for root in tree.roots.of(component)]

        def matters(entry: Skipped) -> bool:
            parts = tuple(entry.name.split("/"))
            return any(parts[: len(root)] == root for root in wanted)

        return [e if matters(e) else replace(e, is_fault=False) for e in tree.skipped]


def _is_no_revision(unit: Unit) -> bool:
    return unit.component == "prompts" and unit.document == NO_REVISION


def _reserved(place: str) -> Skipped:
    name = SHARED if place.endswith(CONTEXT) else NO_REVISION
    what = "the memory without a thread" if name == SHARED else "the prompts without a revision"
    return Skipped(place, f"{name!r} is the name of {what}: rename it", is_fault=True)


def _with_names(units: Sequence[Unit]) -> list[Unit]:
    """Units that would be one document say where each of them is from."""
    keys = Counter(unit.key for unit in units)
    return [unit if keys[unit.key] == 1 else replace(unit, name=unit.place) for unit in units]


def _version(files: Iterable[File]) -> str:
    text = "\n".join(f"{file.item.key}\n{file.item.version}" for file in files)
    return hashlib.sha256(text.encode()).hexdigest()


def _too_large(size: int, limit: int) -> str:
    return f"{size} bytes, over storage.max_document_bytes of the target ({limit})"
