"""Import and export of many conversations on Azurite, beside this project on the SDK."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from random import Random
from tempfile import TemporaryDirectory
from typing import Final

import orjson

from benchmarks.azure import fresh_azurite
from benchmarks.checkout import worktree
from benchmarks.datapath.before import COMMIT, OURS, command, timed
from benchmarks.datapath.copying import variables
from benchmarks.machine import ROOT
from benchmarks.measure import Timings
from benchmarks.processes import cpu_of
from benchmarks.report import COMPARED, Section, Table, compared

CONVERSATIONS: Final = 20_000
TARGETS: Final = {"CPU time": 0.25, "wall time": 0.6}
_ROUNDS: Final = 2
_BYTES: Final = 2000

METHOD: Final = f"""\
{CONVERSATIONS:,} conversations of {_BYTES // 1000} KB, one file each: `ingenious-storage memory
import` into a fresh Azurite, then `memory export` into an empty folder; the same by the code of
commit {COMMIT}, whose requests are the SDK's, from a worktree of it. Whole processes, from start to
end, with the CPU time of all their threads, and that of the server meanwhile. {_ROUNDS} rounds, in
turns; that all files came back is checked."""

BOUND: Final = """\
Azurite, as its CPU time shows: one Node process serves both. What is left of our own CPU time is
the JSON, the hashes and the revision of each document, and writing files."""


@dataclass(slots=True)
class _Found:
    """Of one of the two commands."""

    timings: Timings = field(default_factory=Timings)
    servers: dict[str, list[float]] = field(default_factory=dict)
    """CPU seconds of the server."""


def run(rounds: int = _ROUNDS, conversations: int = CONVERSATIONS) -> Section:
    """With a smaller number of conversations only for a look at how it works."""
    found = {"import": _Found(), "export": _Found()}
    with TemporaryDirectory() as directory, worktree(COMMIT) as before:
        source = Path(directory, "source")
        _write(source, conversations)
        places = {OURS: ROOT, COMMIT: before}
        for number in range(rounds):
            for name in [*places][:: 1 if number % 2 else -1]:
                folder = Path(directory, f"{name}-{number}")
                folder.mkdir()
                _once(name, places[name], source, folder, found)
                if sum(1 for _ in folder.rglob("*.json")) != conversations:
                    raise RuntimeError(f"not all conversations came back from {name}")
    rows = [row for what, each in found.items() for row in _rows(what, each)]
    title = f"Import and export of {conversations:,} conversations"
    return Section(title, METHOD, Table(COMPARED, rows), BOUND)


def _rows(what: str, found: _Found) -> Iterator[tuple[str, ...]]:
    times: Mapping[str, Mapping[str, list[float]]] = {
        "CPU time": found.timings.cpu,
        "wall time": found.timings.wall,
        "CPU time of the server": found.servers,
    }
    for kind, by_name in times.items():
        yield compared(
            f"{what}, {kind}", by_name[OURS], COMMIT, by_name[COMMIT], target=TARGETS.get(kind)
        )


def _once(
    name: str, checkout: Path, source: Path, folder: Path, found: Mapping[str, _Found]
) -> None:
    with fresh_azurite() as server:
        for what, place in (("import", source), ("export", folder / "exported")):
            served = cpu_of(server.pid)
            words = command(checkout, "--quiet", "memory", what, str(place))
            wall, cpu, _ = timed(words, folder, variables(server))
            found[what].timings.add(name, wall=wall, cpu=cpu)
            found[what].servers.setdefault(name, []).append(cpu_of(server.pid) - served)


def _write(folder: Path, conversations: int) -> None:
    random, letters = Random(20), "abcdefghijklmnopqrstuvwxyz     "
    folder.mkdir()
    for number in range(conversations):
        text = "".join(random.choices(letters, k=_BYTES))
        data = {"messages": [{"role": "user", "content": text}]}
        (folder / f"chat-{number:06d}.json").write_bytes(orjson.dumps(data))
