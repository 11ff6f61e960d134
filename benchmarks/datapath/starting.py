"""Start-up: the import, and a command that reads one memory, beside this project on the SDK."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final

from benchmarks.azure import fresh_azurite, ours
from benchmarks.checkout import worktree
from benchmarks.datapath.before import COMMIT, OURS, command, python, timed
from benchmarks.datapath.copying import variables
from benchmarks.machine import ROOT
from benchmarks.measure import Timings
from benchmarks.report import COMPARED, Section, Table, compared

TARGET: Final = 0.5
_ROUNDS: Final = 15
_NOTHING: Final = "an empty program"
_IMPORT: Final = "`import ingenious_storage`"
_SHOW: Final = "`ingenious-storage memory show`"

METHOD: Final = f"""\
Wall time of a process from start to end, output thrown away; byte code is compiled, and the files
are in the system's cache. `memory show` reads one conversation of 4 KB from Azurite with a shared
key; the same by the code of commit {COMMIT}, whose requests are the SDK's, from a worktree of
it. {_ROUNDS} rounds, in turns."""

BOUND: Final = """\
Nothing is left of a cloud SDK. What `memory show` takes is Python's own start, pydantic with the
models of the configuration, OpenTelemetry's API, click, and `ssl` of the standard library."""


def run(rounds: int = _ROUNDS) -> Section:
    with (
        fresh_azurite() as server,
        worktree(COMMIT) as before,
        TemporaryDirectory() as directory,
    ):
        with ours(server) as storage:
            text = "x" * 4000
            storage.memory.save_memory("chat-1", {"messages": [{"content": text}]})
        rows = []
        ways: dict[str, Callable[[Path], tuple[str, ...]]] = {
            _SHOW: lambda place: command(place, "memory", "show", "chat-1"),
            _IMPORT: lambda place: python(place, "import ingenious_storage"),
        }
        for what, words in ways.items():
            commands = {OURS: words(ROOT), COMMIT: words(before)}
            commands[_NOTHING] = (sys.executable, "-c", "pass")
            timings = Timings()
            for number in range(-1, rounds):  # the first one compiles
                for name in [*commands][:: 1 if number % 2 else -1]:
                    wall, cpu, _ = timed(commands[name], Path(directory), variables(server))
                    if number >= 0:
                        timings.add(name, wall=wall, cpu=cpu)
            target = TARGET if what == _SHOW else None
            wall_times = timings.wall
            rows += [
                compared(what, wall_times[OURS], COMMIT, wall_times[COMMIT], target=target),
                compared(what, wall_times[OURS], _NOTHING, wall_times[_NOTHING]),
            ]
    return Section("Starting, beside the SDK", METHOD, Table(COMPARED, rows), BOUND)
