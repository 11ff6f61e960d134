"""A migration of many small files on processes beside threads, and on a cluster with deaths."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from random import Random
from tempfile import TemporaryDirectory
from time import perf_counter
from typing import Final

from benchmarks.azure import bare, canned_azure
from benchmarks.datapath.copying import variables
from benchmarks.measure import Timings
from benchmarks.report import COMPARED, Section, Table, compared
from tests.support.polling import eventually
from tests.support.servers.azurite import Azurite
from tests.support.servers.dask import Cluster, run_dask

FILES: Final = 20_000
ROUNDS: Final = 5
_BYTES: Final = 1024
_WORKERS: Final = 3
_KILLS: Final = (0.3, 0.6)
"""Shares of the objects after which the worker is killed."""
TARGETS: Final = {"processes": round(1 / 1.5, 2), "with kills": 1.3}

METHOD: Final = f"""\
`ingenious-storage migrate run` of {FILES:,} files of {_BYTES} bytes into an empty container of the
server of canned answers: with `--executor processes --processes 2` beside `--executor threads`;
and with `--executor dask` on {_WORKERS} workers of one thread on this machine, of which one is
killed twice by SIGKILL, after {_KILLS[0]:.0%} and {_KILLS[1]:.0%} of the objects, and started
again each time, beside the same without kills. Whole commands, from start to end, with a fresh
server for each; that every object is there, once, is checked behind it. {ROUNDS} rounds, the order
changing. The machine has {os.cpu_count()} cores, which the server shares."""

BOUND: Final = """\
One process is bound by one core. The command itself still lists both ends, cuts the ranges and
writes its own journal, which no other process takes from it, and the server takes its part of the
cores."""

Run = Callable[[Path, Path, Azurite], float]


def run(rounds: int = ROUNDS, files: int = FILES) -> Section:
    """With a smaller number of files only for a look at how it works."""
    ways: dict[str, Run] = {
        "threads": partial(_local, options=("--executor", "threads")),
        "processes": partial(_local, options=("--executor", "processes", "--processes", "2")),
        "without kills": partial(_on_cluster, kills=()),
        "with kills": partial(_on_cluster, kills=[int(files * each) for each in _KILLS]),
    }
    timings, random = Timings(), Random(20)
    with TemporaryDirectory() as directory:
        tree = Path(directory, "tree")
        _write(tree, files)
        for number in range(rounds):
            names = [*ways]
            random.shuffle(names)
            for name in names:
                folder = Path(directory, f"{name}-{number}")
                folder.mkdir()
                with _checked(files) as server:
                    seconds = ways[name](folder, tree, server)
                timings.add(name, wall=seconds, cpu=0.0)
    wall = timings.wall
    rows = [
        compared(f"{ours} ({files:,} files)", wall[ours], peer, wall[peer], target=TARGETS[ours])
        for ours, peer in (("processes", "threads"), ("with kills", "without kills"))
    ]
    return Section("Bulk work", METHOD, Table(COMPARED, rows), BOUND)


def _write(tree: Path, files: int) -> None:
    random = Random(20)
    for number in range(files):
        path = tree / f"{number % 50:02d}" / f"{number:05d}.bin"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(random.randbytes(_BYTES))


@contextmanager
def _checked(files: int) -> Iterator[Azurite]:
    with canned_azure() as server, bare(server) as client:
        client.create_container()
        yield server
        sizes = [blob.size for blob in client.list_blobs()]
        if sizes != [_BYTES] * files:
            raise RuntimeError(f"{len(sizes)} objects, or others than were copied")


def _start(
    folder: Path, tree: Path, env: Mapping[str, str], *options: str
) -> subprocess.Popen[bytes]:
    words = ("migrate", "run", "--from", str(tree), "--to", "data", *options)
    return subprocess.Popen(
        (sys.executable, "-m", "ingenious_ops", *words),
        cwd=folder,
        env={**os.environ, **env},
        stderr=(folder / "stderr").open("wb"),
    )


def _end(command: subprocess.Popen[bytes], folder: Path) -> None:
    if command.wait():
        raise RuntimeError((folder / "stderr").read_text()[-2000:])


def _local(folder: Path, tree: Path, server: Azurite, *, options: Sequence[str]) -> float:
    started = perf_counter()
    _end(_start(folder, tree, variables(server), *options), folder)
    return perf_counter() - started


def _on_cluster(folder: Path, tree: Path, server: Azurite, *, kills: Sequence[int]) -> float:
    env = variables(server)
    with run_dask(folder / "dask", workers=_WORKERS, env=env) as cluster:
        cluster.wait_for(_WORKERS)
        started = perf_counter()
        options = ("--executor", "dask", "--scheduler", cluster.address)
        command = _start(folder, tree, env, *options)
        for number, count in enumerate(kills):
            _kill_after(count, folder, cluster, command, f"w0-{number}")
        _end(command, folder)
        return perf_counter() - started


def _kill_after(
    count: int, folder: Path, cluster: Cluster, command: subprocess.Popen[bytes], again: str
) -> None:
    eventually(
        lambda: _lines(folder) >= count or command.poll() is not None, within=600, pause=0.01
    )
    if command.poll() is not None:
        _end(command, folder)
        raise RuntimeError("it ended before the kill: take more files")
    victim = next(name for name in sorted(cluster.workers, reverse=True) if name.startswith("w0"))
    cluster.kill(victim)
    cluster.add(again)


def _lines(folder: Path) -> int:
    found = list((folder / ".ingenious").glob("*.jsonl"))
    return found[0].read_bytes().count(b"\n") - 1 if found else 0
