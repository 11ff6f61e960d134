"""Survey of both ends before anything is copied."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise

from ingenious_ops.migrate.ends.base import FOLDER_MARKER, Ends, Item, Listing, Skipped
from ingenious_ops.migrate.ends.listed import ByKey
from ingenious_ops.migrate.ends.names import shown
from ingenious_ops.migrate.errors import CollisionError
from ingenious_storage.errors import NotFoundError


@dataclass(frozen=True, slots=True)
class Survey:
    """What both ends hold."""

    source: Listing
    present: Mapping[str, Item]
    """What is at the target, by key."""
    there_skipped: Sequence[Skipped] = ()
    """At the target: what stands for a folder."""
    strange: Sequence[str] = ()
    """Names at the target that no key of ours may have: of other programs."""

    @property
    def collisions(self) -> list[tuple[str, str, str]]:
        """A key, and the two names that would both become it."""
        return [
            (one.key, shown(one.name or one.key), shown(two.name or two.key))
            for one, two in pairwise(self.source.items)
            if one.key == two.key
        ]

    def refuse_collisions(self) -> None:
        """Raises: CollisionError."""
        if found := self.collisions:
            key, one, two = found[0]
            more = f", and {len(found) - 1} more pairs" if len(found) > 1 else ""
            raise CollisionError(f"{one!a} and {two!a} would both become {key!a}{more}")


def survey(ends: Ends) -> Survey:
    """List both. Raises: NotFoundError when there is no source; LocationError."""
    if not ends.source.exists():
        raise NotFoundError(
            f"there is no source {ends.source.describe()}", hint="Check --from and the profile."
        )
    source = ends.source.listing()
    there = ends.target.listing()
    present = ByKey(item for item in there.items if not item.name)
    strange = [shown(item.name) for item in there.items if item.name]
    return Survey(source, present, [s for s in there.skipped if s.reason == FOLDER_MARKER], strange)


def digest(items: Sequence[Item]) -> str:
    """SHA-256 of a listing: it changes with any object that is new, gone or written again."""
    total = hashlib.sha256()
    for item in items:
        line = f"{item.key}\0{item.name}\0{item.size}\0{item.version}\n"
        total.update(line.encode("utf-8", "surrogateescape"))
    return total.hexdigest()
