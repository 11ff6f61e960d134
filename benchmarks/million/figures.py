"""Figures: what was measured, a JSON line each, so that a long run can be done part by part."""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from statistics import linear_regression, median
from typing import Final

import orjson

FEWEST: Final = 1000
"""Conversations of the smallest size that an exponent is fitted over, unless another is said."""


@dataclass(frozen=True, slots=True)
class Figure:
    """One run of one command."""

    store: str
    command: str
    conversations: int
    wall: float
    """Seconds."""
    cpu: float
    """Seconds of the process and its threads."""
    megabytes: float
    """The largest resident set."""
    requests: int | None
    """To the store; None for a disk."""
    day: str


def load(path: Path) -> list[Figure]:
    """All of the file; none where there is none."""
    if not path.exists():
        return []
    return [Figure(**orjson.loads(line)) for line in path.read_bytes().splitlines()]


def add(path: Path, figure: Figure) -> None:
    """One line more."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("ab") as stream:
        stream.write(orjson.dumps(asdict(figure), option=orjson.OPT_APPEND_NEWLINE))


@dataclass(frozen=True, slots=True)
class Course:
    """A command on a store over all sizes: medians of the rounds, by the number of conversations.

    With none, it is what starting takes.
    """

    wall: Mapping[int, float]
    cpu: Mapping[int, float]
    requests: Mapping[int, float]
    """Empty for a disk."""
    megabytes: Mapping[int, float]
    """The highest of the rounds."""


def courses(figures: Iterable[Figure]) -> Iterator[tuple[str, str, Course]]:
    """Store, command and course of each that was measured, in the order of the figures."""
    found: dict[tuple[str, str], dict[int, list[Figure]]] = defaultdict(lambda: defaultdict(list))
    for figure in figures:
        found[figure.store, figure.command][figure.conversations].append(figure)
    for (store, command), rounds in found.items():
        sizes = {size: rounds[size] for size in sorted(rounds)}
        yield (
            store,
            command,
            Course(
                {size: median(each.wall for each in some) for size, some in sizes.items()},
                {size: median(each.cpu for each in some) for size, some in sizes.items()},
                {
                    size: median(each.requests or 0 for each in some)
                    for size, some in sizes.items()
                    if some[0].requests is not None
                },
                {size: max(each.megabytes for each in some) for size, some in sizes.items()},
            ),
        )


def exponent(values: Mapping[int, float], fewest: int = FEWEST) -> float | None:
    """How what grows beyond that of 0 conversations grows with them: 1 is linear.

    The slope of the logarithms, by least squares, from `fewest` conversations on. None with fewer
    than two such sizes, without a size 0, and where nothing grows.
    """
    empty = values.get(0)
    points = [(size, value) for size, value in values.items() if size >= fewest]
    if empty is None or len(points) < 2 or any(value <= empty for _, value in points):
        return None
    logs = [(math.log(size), math.log(value - empty)) for size, value in points]
    return linear_regression(*zip(*logs, strict=True)).slope
