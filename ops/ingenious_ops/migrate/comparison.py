"""Comparison of one object: the hashes of both ends, each read once."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from ingenious_ops.migrate.ends.base import End, Ends, Item
from ingenious_ops.migrate.ends.hashing import measured, while_unchanged
from ingenious_ops.migrate.ends.properties import differences
from ingenious_ops.migrate.pool import refuse_if_cut_off
from ingenious_storage.errors import StorageError


@dataclass(frozen=True, slots=True)
class Hashed:
    """An object as both ends have it; None at an end that has none."""

    item: Item
    source: str | None = None
    source_size: int = 0
    target: str | None = None
    target_size: int = 0
    lacks: Sequence[str] = ()
    """Properties that differ, of equal bytes."""
    error: str = ""


@dataclass(frozen=True)
class Hasher:
    """Reads objects at both ends; thread-safe."""

    ends: Ends
    source: Mapping[str, Item]
    target: Mapping[str, Item]

    @property
    def compares(self) -> bool:
        """Whether properties count too."""
        return self.ends.target.keeps_properties

    def hash(self, item: Item) -> Hashed:
        """Never raises for what concerns this object alone, but CutOffError."""
        try:
            source = self._of(self.ends.source, self.source.get(item.key))
            target = self._of(self.ends.target, self.target.get(item.key))
        except StorageError as error:
            refuse_if_cut_off()
            return Hashed(item, error=f"{error} [{error.code}]")
        there = self.target.get(item.key)
        here = self.source.get(item.key)
        lacks = differences(here, there) if self.compares and here and there else ()
        return Hashed(item, *source, *target, lacks)

    def _of(self, end: End, item: Item | None) -> tuple[str | None, int]:
        if item is None:
            return None, 0
        return while_unchanged(end, item, lambda now: measured(end, now))
