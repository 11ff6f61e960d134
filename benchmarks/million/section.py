"""Section on what commands take that touch everything, from a thousand conversations on."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Final

from benchmarks.machine import file_system
from benchmarks.million.figures import FEWEST, Course, Figure, add, courses, exponent, load
from benchmarks.million.places import COMMANDS, DATA, Place, Taken, azurite, clear, disk
from benchmarks.report import Section, Table

EXPONENT: Final = 1.05
MEGABYTES: Final = 200
STORES: Final = ("disk", "azurite")
_FIGURES: Final = DATA / "figures.jsonl"
_SIZES: Final = (0, 1000, 10_000)
_MANY_ROUNDS, _ROUNDS = 9, 3
"""Many up to the smallest size that is fitted: so many take a sixth of what starting takes."""
_ONCE_FROM: Final = 100_000
"""A size that is measured in one round."""
_STEADY: Final = 10_000
_HEADER: Final = (
    "", "conversations", "wall time", "CPU of the client", "requests", "memory", "exponent, CPU",
    f"from {_STEADY:,} on", "exponent, wall", "exponent, requests", "met",
)  # fmt: skip

METHOD: Final = f"""\
The commands, as processes, their start included, on so many conversations of 15 to 55 words; CPU
time is the client's, and memory its largest resident set. On disk, and on an Azurite in memory that
`migrate run` fills from the disk, its requests counted by a door before it, which its wall time
includes. Before each command the system's caches of files are emptied, since few files would all be
in memory and a million are not. The conversations are made in the format of the product, without
it. `index sync` begins without an index, `migrate run` and `memory export` write to an empty
folder, every file synced; on Azurite `migrate run` is the copy that fills it. Shown is the largest
size. An exponent is the slope of the logarithms, by least squares, over all sizes from 1,000 on,
after what the same command takes with none was taken away; each is the median of {_MANY_ROUNDS}
runs up to {FEWEST:,}, and of {_ROUNDS} below {_ONCE_FROM:,}. Asked: at most {EXPONENT:g} for CPU
time and requests, and {MEGABYTES} MB. `python -m benchmarks million --sizes 100000 --commands
verify --stores disk` measures a part; the figures are kept, and the next section has them."""

BOUND: Final = """\
What touches everything costs a system call or a request for each, and Python's part of it. Wall
time of what writes files is the disk's, which is asked to sync each; on Azurite it is that of one
Node process and of the door."""


def main(arguments: Sequence[str]) -> None:
    """Measure what is asked for and was not measured yet, and print the section."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks million")
    parser.add_argument("--sizes", type=_numbers, default=_SIZES, metavar="N,N")
    parser.add_argument("--commands", type=_names, default=[*COMMANDS], metavar="NAME,NAME")
    parser.add_argument("--stores", type=_names, default=[*STORES], metavar="NAME,NAME")
    chosen = parser.parse_args(arguments)
    unknown = {*chosen.commands} - {*COMMANDS} | {*chosen.stores} - {*STORES}
    if unknown:
        parser.error(f"there is no {', '.join(sorted(unknown))}")
    measure(chosen.sizes, chosen.commands, chosen.stores)
    print(section())


def run() -> Section:
    """With the small sizes, and whatever else was measured before."""
    measure(_SIZES, [*COMMANDS], STORES)
    return section()


def measure(sizes: Sequence[int], commands: Sequence[str], stores: Sequence[str]) -> None:
    """Each figure is kept as soon as it is known."""
    for size in sizes:
        for store in stores:
            while missing := _missing(store, size, commands):
                if store == "disk":
                    with disk(size) as place:
                        _measure(place, store, size, missing)
                else:
                    with azurite(size) as (place, filled):
                        if "migrate run" in missing:
                            _keep(store, "migrate run", size, filled)
                        _measure(place, store, size, [c for c in missing if c != "migrate run"])
    clear()


def section() -> Section:
    """Of all figures that there are."""
    rows = [_row(*each) for each in courses(load(_FIGURES))]
    title = f"Commands over many conversations ({file_system(DATA)})"
    return Section(title, METHOD, Table(_HEADER, rows), BOUND)


def _missing(store: str, size: int, commands: Sequence[str]) -> list[str]:
    rounds = 1 if size >= _ONCE_FROM else _MANY_ROUNDS if size <= FEWEST else _ROUNDS
    there = [
        figure.command
        for figure in load(_FIGURES)
        if (figure.store, figure.conversations) == (store, size)
    ]
    return [command for command in commands if there.count(command) < rounds]


def _measure(place: Place, store: str, size: int, commands: Sequence[str]) -> None:
    for command in commands:
        _keep(store, command, size, place.run(command))


def _keep(store: str, command: str, size: int, taken: Taken) -> None:
    figure = Figure(store, command, size, *taken, f"{datetime.now(UTC):%Y-%m-%d}")
    add(_FIGURES, figure)
    print(figure, file=sys.stderr, flush=True)


def _row(store: str, command: str, course: Course) -> tuple[str, ...]:
    largest = max(course.wall)
    cpu, requests = exponent(course.cpu), exponent(course.requests)
    peak = max(course.megabytes.values())
    fitted = [value for value in (cpu, requests) if value is not None]
    met = peak <= MEGABYTES and max(fitted, default=0) <= EXPONENT
    return (
        f"{store}: `{command}`",
        f"{largest:,}",
        f"{course.wall[largest]:,.1f} s",
        f"{course.cpu[largest]:,.1f} s",
        f"{course.requests[largest]:,.0f}" if course.requests else "",
        f"{peak:.0f} MB",
        _shown(cpu),
        _shown(exponent(course.cpu, _STEADY)),
        _shown(exponent(course.wall)),
        _shown(requests),
        "" if cpu is None else "yes" if met else "**no**",
    )


def _shown(value: float | None) -> str:
    return "" if value is None else f"{value:.2f}"


def _numbers(text: str) -> list[int]:
    return [int(each) for each in text.split(",")]


def _names(text: str) -> list[str]:
    return text.split(",")
