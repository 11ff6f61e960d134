"""Verification: every object of both ends, read and compared by its SHA-256, both ways."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from enum import StrEnum

from ingenious_ops.migrate.comparison import Hashed, Hasher
from ingenious_ops.migrate.ends.base import End, Ends, Item, Skipped
from ingenious_ops.migrate.ends.names import shown
from ingenious_ops.migrate.pool import Pool, Stop
from ingenious_ops.migrate.runner import Progress
from ingenious_ops.migrate.spread.spreading import Spread
from ingenious_ops.migrate.survey import Survey, survey
from ingenious_storage.runtime.parallel import WORKERS


class Kind(StrEnum):
    """How an object differs between the two ends."""

    MISSING = "missing"
    """Not at the target."""
    DIFFERENT = "different"
    EXTRA = "extra"
    """At the target only."""
    UNREADABLE = "unreadable"
    """At one end or both; it kept changing, or could not be read."""


@dataclass(frozen=True, slots=True)
class Difference:
    """An object that is not the same at both ends."""

    kind: Kind
    key: str
    detail: str = ""


@dataclass(frozen=True, slots=True)
class Side:
    """One end, as it was read."""

    place: str
    objects: int
    bytes: int
    manifest: str
    """SHA-256 of the sorted lines "sha256  key"."""


@dataclass
class Verification:
    """What was read at both ends, and how they differ."""

    source: Side
    target: Side
    layout: str
    started_at: datetime
    ended_at: datetime
    equal: int = 0
    differences: list[Difference] = field(default_factory=list)
    skipped: Sequence[Skipped] = ()
    extra_allowed: bool = False
    interrupted: bool = False

    @property
    def passed(self) -> bool:
        """Whether all that could be copied is there, and nothing else unless that was allowed."""
        harmless = {Kind.EXTRA} if self.extra_allowed else set()
        return (
            not self.interrupted
            and all(difference.kind in harmless for difference in self.differences)
            and not any(entry.is_fault for entry in self.skipped)
        )


def verify(
    ends: Ends,
    *,
    workers: int = WORKERS,
    allow_extra: bool = False,
    stop: Stop | None = None,
    on_progress: Callable[[Progress], None] = lambda _progress: None,
    spread: Spread | None = None,
) -> Verification:
    """Read everything at both ends.

    Args:
        spread: reads on other processes, in place of threads of this one.

    Raises: NotFoundError for no source; CollisionError; with `spread` what its executor raises.
    """
    stop = Stop() if stop is None else stop
    started = datetime.now(UTC)
    found = survey(ends)
    found.refuse_collisions()
    items = _union(found)
    results: list[Hashed] = []
    progress = Progress(len(items), sum(item.size for item in items))

    def take(done: Sequence[Hashed]) -> None:
        results.extend(done)
        progress.objects += len(done)
        progress.bytes += sum(each.item.size for each in done)
        progress.written_bytes = progress.bytes
        on_progress(progress)

    source = {item.key: item for item in found.source.items}
    if spread is None:
        hasher = Hasher(ends, source, found.present)
        Pool(hasher.hash, workers=workers, stop=stop).run(items, take)
    else:
        spread.hash(items, source, found.present, stop, take)
    compared = [difference for each in results if (difference := _compare(each)) is not None]
    strange = [Difference(Kind.EXTRA, name) for name in found.strange]
    return Verification(
        _side(ends.source, [(each.item, each.source, each.source_size) for each in results]),
        _side(ends.target, [(each.item, each.target, each.target_size) for each in results]),
        ends.layout,
        started,
        datetime.now(UTC),
        equal=len(results) - len(compared),
        differences=sorted([*compared, *strange], key=lambda difference: difference.key),
        skipped=[
            *found.source.skipped,
            *(
                replace(entry, reason=f"at the target: {entry.reason}")
                for entry in found.there_skipped
            ),
        ],
        extra_allowed=allow_extra,
        interrupted=len(results) < len(items),
    )


def _union(found: Survey) -> list[Item]:
    """The items of the source, and those that only the target has."""
    keys = {item.key for item in found.source.items}
    extra = [item for key, item in found.present.items() if key not in keys]
    return sorted([*found.source.items, *extra], key=lambda item: item.key)


def _compare(each: Hashed) -> Difference | None:
    key = each.item.key
    if each.error:
        return Difference(Kind.UNREADABLE, key, each.error)
    if each.target is None:
        return Difference(Kind.MISSING, key)
    if each.source is None:
        return Difference(Kind.EXTRA, key)
    if each.source != each.target:
        detail = f"{each.source[:12]}, {each.source_size} bytes; at the target "
        return Difference(
            Kind.DIFFERENT, key, f"{detail}{each.target[:12]}, {each.target_size} bytes"
        )
    if each.lacks:
        return Difference(Kind.DIFFERENT, key, f"equal bytes, other {', '.join(each.lacks)}")
    return None


_Row = tuple[Item, str | None, int]


def _side(end: End, rows: Sequence[_Row]) -> Side:
    lines = sorted((item.key, sha256, size) for item, sha256, size in rows if sha256 is not None)
    manifest = hashlib.sha256()
    for key, sha256, _ in lines:
        manifest.update(f"{sha256}  {key}\n".encode())
    return Side(
        shown(end.describe()), len(lines), sum(size for _, _, size in lines), manifest.hexdigest()
    )
