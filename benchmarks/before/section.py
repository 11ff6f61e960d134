"""Requests, saves on disk and start-up beside this project at an older commit."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Mapping
from functools import partial
from pathlib import Path
from typing import Final

from benchmarks.azure import fresh_azurite
from benchmarks.before.side import Variables, side, take_turns
from benchmarks.checkout import worktree
from benchmarks.machine import ROOT, SCRATCH, file_system, require_disk
from benchmarks.measure import Timings
from benchmarks.processes import Command, in_turns
from benchmarks.report import COMPARED, Section, Table, compared

COMMIT: Final = "4885fa8"
TARGET: Final = 1.02
ROUNDS: Final = 15
_OURS: Final = "ours"
_TURNS, _OPERATIONS = 10, 32
_PATH: Final = "import sys; sys.path[:0] = ['.', 'ops']; sys.argv.append('--help'); "
_START: Final[Mapping[str, str]] = {
    "`ingenious-storage --help`": "from ingenious_ops.cli import main; main()",
    "`import ingenious_storage`": "import ingenious_storage",
    "`from ingenious_storage import Storage`": "from ingenious_storage import Storage",
}

METHOD: Final = f"""\
This checkout beside the code of commit {COMMIT}, from a worktree of it, with the same packages.
Requests: CPU time of `save_bytes` and `load_bytes` of 4 KB on one Azurite. Disk: wall time of
`save_text` of 4 KB, and of `update_memory` that appends 100 bytes to one of {_OPERATIONS}
conversations of 20 KB, their heads of all ages. Starting: wall time of a process. {ROUNDS} rounds,
each with a new process of either side, which take {_TURNS} turns of {_OPERATIONS} operations."""

BOUND: Final = """\
The requests of that commit are the SDK's; on disk both sides make the same system calls. A process
is faster or slower than its twin by some hundredths by chance, by where its memory lies for one, so
each round starts new ones."""


def run(rounds: int = ROUNDS) -> Section:
    require_disk()
    SCRATCH.mkdir(parents=True, exist_ok=True)
    with worktree(COMMIT) as before:
        places = {_OURS: ROOT, COMMIT: before}
        rows = [*_requests(places, rounds), *_disk(places, rounds), *_starting(places, rounds)]
    title = f"Beside commit {COMMIT} ({file_system(SCRATCH)})"
    return Section(title, METHOD, Table(COMPARED, rows), BOUND)


def _requests(places: Mapping[str, Path], rounds: int) -> Iterator[tuple[str, ...]]:
    with fresh_azurite() as server:
        variables = {
            "INGENIOUS_STORAGE__TYPE": "azure_blob",
            "AZURE_STORAGE_CONNECTION_STRING": server.connection_string,
        }
        for name in ("write", "read"):
            timings = _measure(places, name, lambda _folder: variables, rounds)
            yield _row(f"{name}, CPU time", timings.cpu)


def _disk(places: Mapping[str, Path], rounds: int) -> Iterator[tuple[str, ...]]:
    for name, what in (("text", "`save_text`, 4 KB"), ("update", "`update_memory`, 20 KB")):
        timings = _measure(
            places, name, lambda folder: {"INGENIOUS_STORAGE__BASE_PATH": folder}, rounds
        )
        yield _row(what, timings.wall)


def _measure(
    places: Mapping[str, Path], operation: str, variables: Variables, rounds: int
) -> Timings:
    sides = {
        name: partial(side, place, operation, _OPERATIONS, variables)
        for name, place in places.items()
    }
    return take_turns(sides, rounds=rounds, turns=_TURNS, count=_OPERATIONS)


def _starting(places: Mapping[str, Path], rounds: int) -> Iterator[tuple[str, ...]]:
    for what, code in _START.items():
        words = (sys.executable, "-c", _PATH + code)
        commands: dict[str, Command] = {name: (words, place) for name, place in places.items()}
        in_turns(commands, 1)  # the first one compiles
        yield _row(what, in_turns(commands, rounds).timings.wall)


def _row(what: str, seconds: Mapping[str, list[float]]) -> tuple[str, ...]:
    return compared(what, seconds[_OURS], COMMIT, seconds[COMMIT], target=TARGET)
