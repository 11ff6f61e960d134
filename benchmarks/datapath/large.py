"""One large object up and down, beside azcopy: its rate, and the memory it takes."""

from __future__ import annotations

import os
import statistics
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final

from benchmarks.azure import CONTAINER, bare
from benchmarks.datapath.before import OURS, command, timed
from benchmarks.datapath.copying import SERVERS, Way, azcopy_copy, sas, variables
from benchmarks.machine import ROOT, SCRATCH
from benchmarks.measure import ratio
from benchmarks.report import Section, Table
from tests.support.servers.azurite import Azurite

SIZE: Final = 1024**3
MEGABYTES: Final = 100
_ROUNDS: Final = 5
_AZCOPY: Final = "azcopy"
_NAME: Final = "object.bin"
_HEADER: Final = (
    "", "ours", "azcopy", "time of azcopy's (quartiles)", "CPU of azcopy's", "our peak of memory",
    "azcopy's", "met",
)  # fmt: skip

METHOD: Final = f"""\
One object of 1 GB, from a file and to a file: `ingenious-storage migrate run` and `azcopy copy`.
Whole processes, from start to end. To Azurite, and to a server of canned answers, which counts the
bytes that come and gives zeros back. {_ROUNDS} rounds, in turns; before a download the disk has
what was sent. Memory is the largest resident set of the process. Asked: no more time than azcopy,
and a peak under {MEGABYTES} MB."""

BOUND: Final = """\
azcopy's times come in steps of two seconds (2.1, 4.1 and 6.1 s). Up, ours reads each byte once
and hashes it with SHA-256 while it is sent; azcopy hashes nothing unless it is told to. Down,
three ranges are read at once; one thread of Python puts them together and hashes them while
another writes, and what is written is synced, which azcopy leaves to the system. On Azurite both
wait for the server."""

Peaks = dict[str, float]


def run(rounds: int = _ROUNDS, size: int = SIZE) -> Section:
    """With a smaller size only for a look at how it works."""
    SCRATCH.mkdir(parents=True, exist_ok=True)
    rows: list[tuple[str, ...]] = []
    with TemporaryDirectory(dir=SCRATCH) as directory:
        source = Path(directory, "source")
        source.mkdir()
        with (source / _NAME).open("wb") as file:
            for _ in range(0, size, 1024**2):
                file.write(os.urandom(1024**2))
        for where in SERVERS:
            rows += _rows(where, Path(directory), source, rounds, size)
    return Section("One object of 1 GB", METHOD, Table(_HEADER, rows), BOUND)


def _rows(
    where: str, folder: Path, source: Path, rounds: int, size: int
) -> Iterator[tuple[str, ...]]:
    found: dict[str, dict[str, list[tuple[float, float, float]]]] = {"up": {}, "down": {}}
    for number in range(rounds):
        with SERVERS[where]() as server, bare(server) as client:
            client.create_container()
            names = [OURS, *([_AZCOPY] if azcopy_copy() else [])]
            for name in names[:: 1 if number % 2 else -1]:
                for way, measured in _both_ways(name, server, folder, source, size):
                    found[way].setdefault(name, []).append(measured)
    for way, by_name in found.items():
        yield _row(f"{way}, {where}", by_name, size)


def _both_ways(
    name: str, server: Azurite, folder: Path, source: Path, size: int
) -> Iterator[tuple[str, tuple[float, float, float]]]:
    """Up, then down: what each took."""
    with _empty(folder) as home, _empty(folder) as target:
        environment = {"HOME": str(home)}
        up, down = _ways(name, server, source, target)
        yield "up", timed(up.command, home, {**up.environment, **environment})
        os.sync()  # what the server was given: else one download waits for the disk, the other not
        yield "down", timed(down.command, home, {**down.environment, **environment})
        came = [path.stat().st_size for path in target.rglob(f"*{_NAME}")]
        if came != [size]:
            raise RuntimeError(f"{name} brought back {came} bytes")
    with bare(server) as client:
        for blob in client.list_blobs():
            client.delete_blob(blob.name)


@contextmanager
def _empty(folder: Path) -> Iterator[Path]:
    with TemporaryDirectory(dir=folder) as made:
        yield Path(made)


def _ways(name: str, server: Azurite, source: Path, target: Path) -> tuple[Way, Way]:
    if name == OURS:
        run = ("migrate", "run", "--from")
        return (
            Way(command(ROOT, *run, str(source), "--to", "data"), variables(server)),
            Way(command(ROOT, *run, "data", "--to", str(target)), variables(server)),
        )
    url = f"{server.account_url}/{CONTAINER}/{_NAME}?{sas(server)}"
    up = azcopy_copy(str(source / _NAME), url, "--from-to", "LocalBlob")
    down = azcopy_copy(url, str(target / _NAME), "--from-to", "BlobLocal")
    assert up is not None
    assert down is not None
    return up, down


def _row(
    what: str, found: Mapping[str, list[tuple[float, float, float]]], size: int
) -> tuple[str, ...]:
    ours, theirs = found[OURS], found.get(_AZCOPY)
    peak = max(peak for _, _, peak in ours)
    if theirs is None:
        return (what, _rate(ours, size), "", "", "", f"{peak:.0f} MB", "", "")
    wall = ratio([wall for wall, _, _ in ours], [wall for wall, _, _ in theirs])
    cpu = ratio([cpu for _, cpu, _ in ours], [cpu for _, cpu, _ in theirs])
    met = wall.median <= 1 and peak < MEGABYTES
    return (
        what,
        _rate(ours, size),
        _rate(theirs, size),
        str(wall),
        str(cpu),
        f"{peak:.0f} MB",
        f"{max(peak for _, _, peak in theirs):.0f} MB",
        "yes" if met else "**no**",
    )


def _rate(found: list[tuple[float, float, float]], size: int) -> str:
    seconds = statistics.median(wall for wall, _, _ in found)
    return f"{size / 1e6 / seconds:,.0f} MB/s"
