"""Conversations from files into a storage, and back: in batches, and nothing dropped silently."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final, Literal, TypeVar

from ingenious_ops.transfer.conversation_files import Layout, Source, read
from ingenious_ops.transfer.forms import Form, form, forms
from ingenious_storage import (
    MemoryManager,
    MemoryNotFoundError,
    Revision,
    StorageError,
    jsondata,
)
from ingenious_storage.errors import InvalidDataError
from ingenious_storage.runtime.parallel import each
from ingenious_storage.whole_files import write_files

BATCH: Final = 64

T = TypeVar("T")
Status = Literal["created", "updated", "unchanged", "written", "failed"]


@dataclass(frozen=True)
class Outcome:
    """What became of one conversation."""

    status: Status
    path: Path | None
    conversation: str | None
    """None when its file could not be read."""
    revision: int | None = None
    """The one that an import made."""
    error: Exception | None = None


@dataclass
class Import:
    """Saves the conversations of files; one that is stored as it is already stays untouched."""

    memory: MemoryManager
    author: str | None = None
    seen: dict[str, Path] = field(default_factory=dict)

    def run(self, sources: Iterable[Source]) -> Iterator[Outcome]:
        """What becomes of each source, as soon as it is known; an error of one ends nothing."""
        for batch in _batches(sources):
            found: dict[str, Any] = {}
            for source in batch:
                try:
                    conversation, memory = self._read(source)
                    found[conversation] = memory
                except (OSError, StorageError) as error:
                    yield Outcome("failed", source.path, None, error=error)
            yield from self._save(found)

    def _read(self, source: Source) -> tuple[str, Any]:
        conversation, memory = read(source)
        other = self.seen.setdefault(conversation, source.path)
        if other != source.path:
            raise InvalidDataError(
                f"{source.path}: conversation {conversation!r} is in {other} too",
                hint="Remove one of the two files.",
            )
        return conversation, memory

    def _save(self, found: Mapping[str, Any]) -> Iterator[Outcome]:
        stored = self.memory.load_many([*found])
        changed: dict[str, Any] = {}
        for name, memory in found.items():
            try:
                if _differs(stored[name], memory):
                    changed[name] = memory
                else:
                    yield Outcome("unchanged", self.seen[name], name)
            except StorageError as error:
                yield Outcome("failed", self.seen[name], name, error=error)
        for name, result in self._saved(changed):
            if isinstance(result, StorageError):
                yield Outcome("failed", self.seen[name], name, error=result)
            else:
                is_new = isinstance(stored[name], StorageError)
                status: Status = "created" if is_new else "updated"
                yield Outcome(status, self.seen[name], name, result.number)

    def _saved(self, changed: Mapping[str, Any]) -> Iterator[tuple[str, Revision | StorageError]]:
        """As soon as each is: who interrupts is told how many were."""

        def save(name: str) -> Revision | StorageError:
            return self.memory.save_many({name: changed[name]}, author=self.author)[name]

        names = [*changed]
        for number, result in each(save, names, workers=self.memory.documents.workers):
            yield names[number], result


@dataclass
class Export:
    """Writes conversations as files below a directory, over what is there."""

    memory: MemoryManager
    directory: Path
    layout: Layout = "json"
    taken: set[str] = field(default_factory=set)

    def run(self, conversations: Iterable[str]) -> Iterator[Outcome]:
        """What becomes of each, as soon as it is known; one that fails does not end it."""
        for batch in _batches(conversations):
            yield from self.write(forms(self.memory, batch, self.layout))

    def write(self, made: Iterable[Form]) -> Iterator[Outcome]:
        """The same with forms that were made before, in whichever process."""
        for batch in _batches(map(self._placed, made)):
            problems = self._write([one for one in batch if one.error is None])
            for one in batch:
                error = one.error or problems.get(one.conversation)
                path = None if error else self.directory / one.path
                yield Outcome("failed" if error else "written", path, one.conversation, None, error)

    def _placed(self, made: Form) -> Form:
        if made.context is None or self._is_free(made.path):
            return made
        memory = {"context": made.context}
        return form(made.conversation, memory, self.layout, markdown=False)

    def _write(self, made: Sequence[Form]) -> dict[str, Exception]:
        """The problem of each that is not written. A folder is synced once for all."""
        try:
            write_files(self.directory, {one.path.as_posix(): one.text for one in made})
        except OSError as error:
            if len(made) == 1:
                return {made[0].conversation: error}
            return {name: own for one in made for name, own in self._write([one]).items()}
        return {}

    def _is_free(self, path: Path) -> bool:
        """Whether a file system that ignores case and accents still tells it from the others."""
        folded = unicodedata.normalize("NFC", path.as_posix()).casefold()
        is_free = folded not in self.taken
        self.taken.add(folded)
        return is_free


def _differs(stored: Any, memory: Any) -> bool:
    """Raises: StorageError when what is stored cannot be read, or `memory` not be stored."""
    data = jsondata.dumps(memory)
    if isinstance(stored, MemoryNotFoundError):
        return True
    if isinstance(stored, StorageError):
        raise stored
    return data != jsondata.dumps(stored)


def _batches(items: Iterable[T]) -> Iterator[list[T]]:
    """What came before an error comes before it here too."""
    batch = list[T]()
    try:
        for item in items:
            batch.append(item)
            if len(batch) == BATCH:
                yield batch
                batch = []
    except Exception:
        if batch:
            yield batch
        raise
    if batch:
        yield batch
