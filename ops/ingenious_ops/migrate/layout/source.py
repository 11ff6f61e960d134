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
from ingenious_ops.migrate.layout.tree import File, Parts, Roots, find_roots, folders, sort
from ingenious_storage import jsondata
from ingenious_storage.errors import (
    InvalidDataError,
    NotFoundError,
    ObjectTooLargeError,
    StorageError,
)
from ingenious_storage.runtime.parallel import map_all
from ingenious_storage.services.framework_names import set_name
from ingenious_storage.services.kinds import MEMORIES, PROMPT_SETS, Kind
from ingenious_storage.services.prompt_files import require_paths

_WORKERS: Final = 16


@dataclass(frozen=True, slots=True, kw_only=True)
class Unit(Item):
    """A conversation or a prompt set, and the files that it is made of."""

    component: Component
    document: str
    """The conversation's id, or the name of the set."""
    place: str
    """The file or folder at the source."""
    files: tuple[File, ...]


class LayoutSource(Source):
    """Reads the framework's layout out of `inner`, which may be a folder or a container.

    Args:
        inner: where the files are.
        components: what becomes units; the rest is listed as left alone.
        max_bytes: of one document.
        apart: a folder whose files are left out: the target's own.
    """

    exact_sizes = False
    must_be_read = True

    def __init__(
        self,
        inner: Source,
        components: Sequence[Component],
        *,
        max_bytes: int,
        apart: Path | None = None,
        memories: Kind = MEMORIES,
    ) -> None:
        self._memories = memories
        self._inner, self._components, self._max_bytes = inner, components, max_bytes
        self._apart = _parts_below(inner.folder, apart)
        self._roots = Roots()

    def describe(self) -> str:
        return self._inner.describe()

    @property
    def folder(self) -> Path | None:
        return self._inner.folder

    def exists(self) -> bool:
        return self._inner.exists()

    def listing(self) -> Listing:
        """Raises: LayoutNotFoundError, LayoutAmbiguousError."""
        listing = self._inner.listing()
        files = [self._file(item) for item in listing.items]
        if self._apart is not None:
            files = [file for file in files if file.parts[: len(self._apart)] != self._apart]
        label = self._inner.folder.name if self._inner.folder is not None else ""
        only = self._components[0] if len(self._components) == 1 else None
        roots = self._roots = find_roots(files, label=label, only=only)
        found = sort(files, roots, self._components)
        memories = [*found.memories.items(), *found.twice]
        units = [self._memory(thread, file) for thread, file in memories]
        units += [self._set(revision, of) for revision, of in found.prompts.items()]
        skipped = [*found.left, *self._theirs(listing.skipped), *map(self._too_large, units)]
        return Listing(
            _with_names(sorted(filter(self._fits, units), key=lambda unit: unit.key)),
            list(filter(None, skipped)),
        )

    def examine(self, items: Sequence[Item]) -> Examination:
        """Reads every unit: what is not UTF-8 is better known before a run than after it."""
        units = [item for item in items if isinstance(item, Unit)]
        results = map_all(self.read, units, workers=_WORKERS)
        problems = [
            Skipped(unit.place, result.message, is_fault=True)
            for unit, result in zip(units, results, strict=True)
            if isinstance(result, StorageError)
        ]
        return Examination(dict(self._contents(units)), problems)

    def _contents(self, units: Sequence[Unit]) -> Iterator[tuple[Component, dict[str, Any]]]:
        for component, folder in folders(self._roots):
            of = [unit for unit in units if unit.component == component]
            empty = [unit.place for unit in of if not unit.size]
            what = "conversations" if component == "memory" else "sets"
            if component in self._components:
                files = sum(len(unit.files) for unit in of)
                yield component, {"folder": folder, what: len(of), "files": files, "empty": empty}

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
        self._inner.close()

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
            return self._inner.read(item).decode()
        except UnicodeDecodeError as error:
            raise InvalidDataError(
                f"{item.name or item.key} is not UTF-8 text (byte {error.start})",
                key=unit.key,
                hint="Save it as UTF-8, or move it out of the tree.",
            ) from None
        except NotFoundError:
            raise ChangedError(f"{item.name or item.key} is gone", key=unit.key) from None

    def _memory(self, thread: str, file: File) -> Unit:
        place = "/".join(file.parts)
        return Unit(
            key=self._memories.key(thread),
            size=file.item.size,
            version=file.item.version,
            component="memory",
            document=thread,
            place=place,
            files=(file,),
        )

    def _set(self, revision: str, files: Iterable[File]) -> Unit:
        # In the order of `prompt_files.read_directory`, so that an import makes the same bytes.
        ordered = sorted(files, key=lambda file: file.parts)
        name = set_name(revision)
        place = "/".join((*(self._roots.prompts or ()), revision))
        return Unit(
            key=PROMPT_SETS.key(name),
            size=sum(file.item.size for file in ordered),
            version=_version(ordered),
            name=place if name != revision else "",
            component="prompts",
            document=name,
            place=place,
            files=tuple(ordered),
        )

    def _fits(self, unit: Unit) -> bool:
        return unit.size <= self._max_bytes

    def _too_large(self, unit: Unit) -> Skipped | None:
        if self._fits(unit):
            return None
        return Skipped(unit.place, _too_large(unit.size, self._max_bytes), is_fault=True)

    def _theirs(self, skipped: Iterable[Skipped]) -> list[Skipped]:
        """What the inner end left out matters in the folders of the components only."""
        roots = {"memory": self._roots.memory, "prompts": self._roots.prompts}
        wanted = [root for name in self._components if (root := roots[name]) is not None]

        def matters(entry: Skipped) -> bool:
            parts = tuple(entry.name.split("/"))
            return any(parts[: len(root)] == root for root in wanted)

        return [e if matters(e) else replace(e, is_fault=False) for e in skipped]

    def _file(self, item: Item) -> File:
        """By its own name where that is text: an id may be any, a key in a store may not."""
        name = item.name or item.key
        try:
            name.encode()
        except UnicodeEncodeError:
            name = item.key
        return File(tuple(name.split("/")), item)


def _with_names(units: Sequence[Unit]) -> list[Unit]:
    """Units that would be one document say where each of them is from."""
    keys = Counter(unit.key for unit in units)
    return [unit if keys[unit.key] == 1 else replace(unit, name=unit.place) for unit in units]


def _version(files: Iterable[File]) -> str:
    text = "\n".join(f"{file.item.key}\n{file.item.version}" for file in files)
    return hashlib.sha256(text.encode()).hexdigest()


def _too_large(size: int, limit: int) -> str:
    return f"{size} bytes, over storage.max_document_bytes of the target ({limit})"


def _parts_below(folder: Path | None, inner: Path | None) -> Parts | None:
    if folder is None or inner is None or not inner.is_relative_to(folder):
        return None
    return inner.relative_to(folder).parts
