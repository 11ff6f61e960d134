"""Plan: what a run would meet; as a file it makes sure that nothing changed since."""

from __future__ import annotations

import hashlib
import heapq
import os
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from math import ceil
from pathlib import Path
from typing import Any, Final

import orjson

from ingenious_ops.migrate.ends.base import Ends, Item, Skipped, Target
from ingenious_ops.migrate.ends.hashing import SMALL
from ingenious_ops.migrate.ends.names import shown
from ingenious_ops.migrate.ends.properties import lost
from ingenious_ops.migrate.errors import PlanError, translated
from ingenious_ops.migrate.forecast import forecast
from ingenious_ops.migrate.journal import Entry, Identity
from ingenious_ops.migrate.limits import BLOCK, Limits
from ingenious_ops.migrate.pool import LARGE_AT_ONCE
from ingenious_ops.migrate.survey import Survey, digest, survey
from ingenious_storage.backends.base import MAX_PAGE
from ingenious_storage.errors import (
    InvalidDataError,
    NotFoundError,
    StorageError,
    UnsupportedFormatError,
)

FORMAT: Final = "ingenious.plan/1"
LARGEST: Final = 5
_PROBE: Final = "ingenious-storage/how-long-does-a-request-take"
_PROBES: Final = 3
_SAMPLE: Final = 4 * 1024 * 1024


@dataclass(frozen=True, slots=True)
class Present:
    """What of the source is at the target; without reading, so that equal sizes may differ."""

    copied_before: int = 0
    """By an earlier run, and neither end has changed since."""
    same_size: int = 0
    """Or whose sizes say nothing: a run compares them by hash."""
    different: int = 0
    extra: int = 0
    """At the target only; left alone."""


@dataclass(frozen=True, slots=True)
class Estimate:
    """What a run would cost."""

    requests: int
    """To both ends, without those that are sent again."""
    round_trip: float
    """Seconds of one request to the target, measured now."""
    seconds: float
    """At the least: the time that requests wait, that hashing takes, and what limits allow."""


@dataclass(frozen=True, slots=True)
class Plan:
    """What a run would do and meet; sizes in bytes."""

    identity: Identity
    objects: int
    bytes: int
    digest: str
    largest: Sequence[Item]
    escaped: Sequence[tuple[str, str]]
    """Names and the keys that they become."""
    collisions: Sequence[tuple[str, str, str]]
    present: Present
    skipped: Sequence[Skipped]
    contents: Mapping[str, Any]
    """What a layout makes of the source."""
    estimate: Estimate
    refused: Mapping[str, StorageError] = field(default_factory=dict)
    """What a run would not copy, by key."""
    obstacle: StorageError | None = None
    """Why not everything can be written."""
    lost: Mapping[str, int] = field(default_factory=dict)
    """Properties that the target cannot keep, and of how many objects."""

    def record(self) -> dict[str, Any]:
        """The plan as JSON."""
        found, present, estimate = self.identity, self.present, self.estimate
        return {
            "format": FORMAT,
            "id": found.id,
            "source": found.source,
            "target": found.target,
            "layout": found.layout,
            "objects": self.objects,
            "bytes": self.bytes,
            "digest": self.digest,
            "largest": [{"key": item.key, "size": item.size} for item in self.largest],
            "escaped": [{"name": name, "key": key} for name, key in self.escaped],
            "collisions": [{"key": key, "names": [one, two]} for key, one, two in self.collisions],
            "target_has": {
                "copied_before": present.copied_before,
                "same_size": present.same_size,
                "different": present.different,
                "extra": present.extra,
            },
            "skipped": [
                {"name": entry.name, "reason": entry.reason, "fault": entry.is_fault}
                for entry in self.skipped
            ],
            "refused": [_problem(key, error) for key, error in self.refused.items()],
            "obstacle": None if self.obstacle is None else _problem(None, self.obstacle),
            "properties_lost": dict(self.lost),
            "contents": dict(self.contents),
            "estimate": {
                "requests": estimate.requests,
                "round_trip_seconds": round(estimate.round_trip, 6),
                "seconds": round(estimate.seconds, 3),
            },
        }


def make_plan(ends: Ends, done: Mapping[str, Entry], *, workers: int, limits: Limits) -> Plan:
    """Look at both ends; nothing is written. Raises: as `survey`."""
    found = survey(ends)
    items = found.source.items
    present = _compare(found, done, ends.target)
    examined = ends.source.examine(items)
    expected = forecast(ends, found)
    return Plan(
        Identity.of(ends),
        len(items),
        sum(item.size for item in items),
        digest(items),
        heapq.nlargest(LARGEST, items, key=lambda item: item.size),
        [(shown(item.name), item.key) for item in items if item.name],
        found.collisions,
        present,
        [*found.source.skipped, *examined.problems],
        examined.contents,
        _estimate(ends.target, found, present, workers, limits),
        expected.by_key,
        expected.whole,
        lost(items, ends.target),
    )


def _problem(key: str | None, error: StorageError) -> dict[str, Any]:
    return {"key": key, "code": error.code, "message": error.message, "hint": error.hint}


def _compare(found: Survey, done: Mapping[str, Entry], target: Target) -> Present:
    counts = {"copied_before": 0, "same_size": 0, "different": 0}
    extra, last = len(found.present) + len(found.strange), None
    for item in found.source.items:
        there, entry = found.present.get(item.key), done.get(item.key)
        if there is None:
            continue
        extra -= item.key != last  # of a collision there are two
        last = item.key
        if entry and (entry.source, entry.target) == (item.version, there.version):
            counts["copied_before"] += 1
        elif there.size == item.size or not target.exact_sizes:
            counts["same_size"] += 1
        else:
            counts["different"] += 1
    return Present(**counts, extra=extra)


def _estimate(
    target: Target, found: Survey, present: Present, workers: int, limits: Limits
) -> Estimate:
    requests = 1 + len(found.present) // MAX_PAGE + present.same_size
    size = largest = 0
    for item in found.source.items:
        if item.key not in found.present:
            requests += _requests(item)
            size += item.size
            largest = max(largest, item.size)
    round_trip = _round_trip(target)
    times = [round_trip * requests / workers, _hashing(size, largest)]
    if limits.bytes_per_second:
        times.append(size / limits.bytes_per_second)
    if limits.requests_per_second:
        times.append(requests / limits.requests_per_second)
    return Estimate(requests, round_trip, max(times))


def _hashing(size: int, largest: int) -> float:
    """Seconds that the SHA-256 of all takes, which nothing is copied without."""
    started = time.perf_counter()
    hashlib.sha256(bytes(_SAMPLE))
    rate = _SAMPLE / (time.perf_counter() - started)
    return max(size / min(LARGE_AT_ONCE, os.cpu_count() or 1), largest) / rate


def _requests(item: Item) -> int:
    """Of one write: one, or a request for each block and one that makes them an object."""
    return 1 if item.size <= SMALL else ceil(item.size / BLOCK) + 1


def _round_trip(target: Target) -> float:
    times = []
    for _ in range(_PROBES):
        started = time.perf_counter()
        target.find(_PROBE)
        times.append(time.perf_counter() - started)
    return min(times)


def check_plan(path: Path, ends: Ends, items: Sequence[Item]) -> None:
    """Raises: PlanError unless the plan in a file is for these ends, and for this listing."""
    record = _load(path)
    identity = Identity.of(ends)
    for name, planned, found in (
        ("source", record.get("source"), identity.source),
        ("target", record.get("target"), identity.target),
        ("layout", record.get("layout"), identity.layout),
    ):
        if planned != found:
            raise PlanError(f"{path} was made for the {name} {planned}, not for {found}")
    if record.get("digest") != digest(items):
        size = sum(item.size for item in items)
        raise PlanError(
            f"the source has changed since {path} was made: "
            f"{record.get('objects')} objects with {record.get('bytes')} bytes were planned, "
            f"{len(items)} with {size} are there"
        )


def _load(path: Path) -> dict[str, Any]:
    with translated(None):
        try:
            data = path.read_bytes()
        except FileNotFoundError:
            raise NotFoundError(f"there is no plan {path}", hint="Check --plan.") from None
    try:
        record = orjson.loads(data)
    except orjson.JSONDecodeError as error:
        raise InvalidDataError(f"{path} is not JSON: {error}") from None
    if not isinstance(record, dict) or record.get("format") != FORMAT:
        raise UnsupportedFormatError(
            f"{path} is no plan of the format {FORMAT}", hint="Make one: `migrate plan --output`."
        )
    return record
