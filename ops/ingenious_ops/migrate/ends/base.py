"""Source and target of a migration: what it needs of either, and what both have in common."""

from __future__ import annotations

import io
from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, BinaryIO, Final, Literal

from ingenious_storage.backends.base import NO_PROPERTIES, Properties
from ingenious_storage.errors import StorageError

Component = Literal["memory", "prompts"]
"""What a layout makes of files."""
OWN: Final = ".ingenious"
"""The folder of journals and reports, left out where it stands in the root."""
FOLDER_MARKER: Final = "stands for a folder, and has no bytes"
"""Why a blob is skipped."""
PUBLISHED: Final = "a snapshot of the catalogue: `index publish` makes it anew"
"""Why another is: it would fit no document of the target."""

JOURNAL: Final = "a journal of bulk work that has not ended"
"""And why a third is: it goes when that work is run to its end."""


@dataclass(frozen=True, slots=True)
class Item:
    """One object, as a listing shows it."""

    key: str
    """The key it has, or gets, in a store."""
    size: int
    """Bytes; those that `read` gives only where `End.exact_sizes`."""
    version: str
    """The end's fingerprint of its present content: equal only while nobody has written."""
    name: str = ""
    """What its own end calls it, where that is not `key`: an escaped file name."""
    content_type: str | None = None
    properties: Properties = NO_PROPERTIES
    is_archived: bool = False
    """Its bytes cannot be read."""
    sha256: str | None = None
    """Of what `read` gives, in hex, where the end knows it without reading."""


@dataclass(frozen=True, slots=True)
class Skipped:
    """Something at the source that is not copied."""

    name: str
    reason: str
    is_fault: bool = False
    """It should have been copied and cannot be: the run ends as failed."""


@dataclass(frozen=True, slots=True)
class Listing:
    """All there is at an end."""

    items: Sequence[Item]
    """In the order of their keys. Two with one key are a collision."""
    skipped: Sequence[Skipped] = ()


@dataclass(frozen=True, slots=True)
class Examination:
    """What a plan says of the source besides its listing."""

    contents: Mapping[str, Any] = field(default_factory=dict)
    """As JSON: what a layout makes of the files."""
    problems: Sequence[Skipped] = ()
    """Items that a run could not copy."""


@dataclass(frozen=True, slots=True)
class Refusals:
    """What a target would refuse."""

    by_key: Mapping[str, StorageError] = field(default_factory=dict)
    whole: StorageError | None = None
    """Why nothing at all could be written, or not everything."""


class End(ABC):
    """A folder, a container, or what a layout makes of one, as it is read. Thread-safe.

    A target is read too, to be compared. Every method may raise a StorageError, and nothing else
    for what can happen outside.
    """

    exact_sizes: bool = True
    """Whether `Item.size` is the length of what `read` gives: else sizes are not compared.

    They are not where a listing knows the stored bytes only, which a layer compressed.
    """

    @abstractmethod
    def describe(self) -> str:
        """Where it is, the same in every process: identifies it in journals, plans and reports."""

    @property
    def folder(self) -> Path | None:
        """The real folder on this machine that all of it lies in, None where there is none."""
        return None

    @abstractmethod
    def exists(self) -> bool:
        """Whether the folder or container is there. Makes nothing."""

    @abstractmethod
    def listing(self) -> Listing:
        """All items; none where it does not exist. Makes nothing."""

    @abstractmethod
    def find(self, key: str, *, name: str = "") -> Item | None:
        """The item of `key` as it is now, None for none. Makes nothing.

        `name` is that of `Item`: given when the item was listed here, and not only asked for.
        """

    @abstractmethod
    def read(self, item: Item) -> bytes:
        """Exactly the content of `item.version`. Raises: ChangedError, NotFoundError."""

    def open(self, item: Item) -> BinaryIO:
        """A seekable reader of `read` in bounded memory.

        It raises ChangedError, at the latest when its end is read: before a writer that it feeds
        has committed.
        """
        return io.BytesIO(self.read(item))

    def close(self) -> None:
        """Give resources back; more than once is fine."""
        return


class Source(End):
    """What a migration copies from."""

    must_be_read: bool = False
    """Whether only reading an item tells that it can be copied: then a dry run reads it too."""

    def examine(self, items: Sequence[Item]) -> Examination:
        """What a plan shows besides a listing; a layout reads its items for it."""
        return Examination()


class Shelf(ABC):
    """Where journals of ranges lie: at a target, so that any worker finds them. Thread-safe."""

    @abstractmethod
    def read(self, name: str) -> tuple[bytes, str]:
        """A journal and its version. Raises: NotFoundError."""

    @abstractmethod
    def write(self, name: str, data: bytes, *, replace: str | None) -> str:
        """Write one whole; the version that it got. `replace` is as in `Target.put`."""

    @abstractmethod
    def names(self) -> list[str]:
        """All journals that are there."""

    @abstractmethod
    def delete(self, names: Sequence[str]) -> None:
        """Delete those that are there."""


class Target(End):
    """What a migration copies to."""

    def shelf(self, folder: str) -> Shelf | None:
        """The shelf of this name, beside the objects and no part of them; None: it has none."""
        return None

    @property
    def keeps_properties(self) -> bool:
        """Whether content types and properties are kept with the bytes."""
        return False

    def refused(self, items: Sequence[Item], present: Mapping[str, Item]) -> Refusals:
        """What a write of `items` would meet that can be known before. Writes nothing."""
        return Refusals()

    def prepare(self) -> None:
        """Make the folder or container if it is missing and may be made: before any write."""
        return

    @abstractmethod
    def put(self, item: Item, data: bytes, *, replace: str | None) -> str:
        """Write `data` as the content of `item.key`, atomically; the version that it got.

        `item` is the source's: its content type goes along. `replace` None writes only where
        there is nothing (AlreadyExistsError otherwise), a version only over that (ConflictError).
        Either error may also come when an own write landed and its answer was lost.
        """

    def upload(self, item: Item, stream: BinaryIO, *, replace: str | None) -> str:
        """`put` of a seekable stream, in bounded memory; what the stream raises ends it."""
        return self.put(item, stream.read(), replace=replace)


@dataclass(frozen=True, slots=True)
class Ends:
    """A migration: from where to where, and how."""

    source: Source
    target: Target
    layout: str = "raw"
    """What journals and plans call it: with the component, such as "ingenious/memory"."""
