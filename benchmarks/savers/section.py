"""Threads of LangGraph beside the other savers on object storage: requests, bytes, time."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from random import Random
from tempfile import TemporaryDirectory
from typing import Any, Final

from benchmarks.machine import ROOT
from benchmarks.measure import Timings, ratio
from benchmarks.report import Section, Table, time
from benchmarks.savers.door import Counted, counting_door
from benchmarks.savers.sites import Site, Stored, sealed, sites
from tests.support.servers.s3 import S3Server

STEPS: Final = 200
_OLD: Final = 100
_RACE: Final = 50
_ROUNDS, _TURN = 3, 20
_PYTHON: Final = ROOT / ".cache/bench-langgraph/bin/python"
"""Where `make bench` installs the others."""
_WORKER: Final = Path(__file__).with_name("worker.py")
_KEYS: Final = {
    "AWS_ACCESS_KEY_ID": S3Server.access_key_id,
    "AWS_SECRET_ACCESS_KEY": S3Server.secret_access_key,
    "AWS_DEFAULT_REGION": S3Server.region,
}


@dataclass(frozen=True, slots=True)
class Side:
    """A saver on a server."""

    name: str
    site: str
    saver: str
    """As the worker knows it."""
    sealed: bool = False

    @property
    def is_ours(self) -> bool:
        return self.saver == "ours"


SIDES: Final = (
    Side("ours", "versitygw", "ours"),
    Side("langgraph-checkpoint-objectstorage 0.1.15", "versitygw", "objectstorage"),
    Side("langgraph-checkpoint-tigris 0.1.0", "versitygw", "tigris"),
    Side("ours", "Azurite", "ours"),
    Side("ours, compressed and encrypted", "Azurite", "ours", sealed=True),
    Side("azure-functions-langgraph 0.12.2", "Azurite", "azure_functions"),
)
HEADER: Final = (
    "", f"requests of {STEPS} steps", "sent", "stored", "objects", "`list(limit=10)`",
    "an old checkpoint", f"lost of {2 * _RACE}", "CPU of a step", "ours / its",
    "wall time of a step", "ours / its",
)  # fmt: skip

METHOD: Final = f"""\
A thread of {STEPS} steps: each is `put` with one message of 500 characters more, and `put_writes`
of two writes, one of which has the message. Then, each by a saver that remembers nothing,
`list(limit=10)`, and `get_tuple` of checkpoint {_OLD} by its id; that it has its messages and
writes is checked. Requests, and the bytes of their bodies, are counted at a door in front of the
server, and what is stored is what the server lists. Lost: two threads of a process put {_RACE}
checkpoints each to one thread of LangGraph at the same time; how many of them a new saver does not
list with all their messages and writes. Times are without the door: {_ROUNDS} rounds of a new
thread of {STEPS} steps, in turns of {_TURN} steps. The others have an environment of their own."""

BOUND: Final = """\
Ours sends the newest state whole and compressed at each step; its history is differences. The
others store each value of a channel or each checkpoint whole, in objects of their own, which two
writers do not share. What is encrypted asks for keys first, which is counted here: two requests in
a process, and one for each of the two documents of a thread. Of an S3 server that is not AWS a
process asks once, in four requests, whether it keeps to conditions."""


@dataclass(frozen=True, slots=True)
class Facts:
    """Of one side."""

    steps: Counted
    stored: Stored
    listed: Counted
    old: Counted
    lost: int


class Worker:
    """A running worker, which does what it is told."""

    def __init__(self, process: subprocess.Popen[str]) -> None:
        self._process = process

    def ask(self, *command: object) -> Any:
        """Its answer: what it found, and seconds. Raises: RuntimeError when it has ended."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        print(*command, file=self._process.stdin, flush=True)
        line = self._process.stdout.readline()
        if not line:
            raise RuntimeError("a worker ended; what it said is above")
        return json.loads(line)


def run(rounds: int = _ROUNDS) -> Section:
    """Raises: FileNotFoundError where the others are not installed; `make bench` does it."""
    facts, timings = dict[Side, Facts](), Timings()
    with TemporaryDirectory() as directory:
        folder = Path(directory)
        for name, site in _each(folder):
            sides = {f"side-{n}": side for n, side in enumerate(SIDES) if side.site == name}
            more = sealed(folder) if any(side.sealed for side in sides.values()) else {}
            for bucket, side in sides.items():
                site.make(bucket)
                facts[side] = _counted(side, site, bucket, more)
            _timed(sides, site, more, timings, rounds)
    title = f"LangGraph: a thread of {STEPS} checkpoints beside other savers"
    return Section(title, METHOD, Table(HEADER, rows(facts, timings)), BOUND)


def _each(folder: Path) -> Iterator[tuple[str, Site]]:
    with sites(folder) as known:
        yield from known.items()


def rows(facts: Mapping[Side, Facts], timings: Timings) -> list[tuple[str, ...]]:
    """The table: a side is compared with the first of ours on the same server."""
    found = list[tuple[str, ...]]()
    for side, each in facts.items():
        ours = next(other for other in facts if other.is_ours and other.site == side.site)
        found.append(
            (
                f"{side.site}: {side.name}",
                f"{each.steps.requests:,}",
                _megabytes(each.steps.sent),
                _megabytes(each.stored.size),
                f"{each.stored.objects:,}",
                f"{each.listed.requests:,}",
                f"{each.old.requests:,}",
                f"{each.lost}",
                *_times(timings.cpu, side, ours),
                *_times(timings.wall, side, ours),
            )
        )
    return found


def _times(seconds: Mapping[str, list[float]], side: Side, ours: Side) -> tuple[str, str]:
    spent = seconds[str(side)]
    return time(spent), "" if side is ours else str(ratio(seconds[str(ours)], spent))


def _megabytes(size: int) -> str:
    return f"{size / 1e6:.2f} MB"


def _counted(side: Side, site: Site, bucket: str, more: Mapping[str, Any]) -> Facts:
    with counting_door(site.port) as door, _worker(side, site, bucket, door.port, more) as worker:
        worker.ask("begin", "counted")
        worker.ask("steps", STEPS)
        steps, stored = door.take(), site.stored(bucket)
        if worker.ask("listed", 10)["found"] != 10:
            raise RuntimeError(f"{side.name} did not list ten checkpoints")
        listed = door.take()
        if not worker.ask("old", _OLD)["found"]:
            raise RuntimeError(f"{side.name} did not give back an old checkpoint whole")
        old = door.take()
        return Facts(steps, stored, listed, old, worker.ask("race", _RACE)["found"])


def _timed(
    sides: Mapping[str, Side],
    site: Site,
    more: Mapping[str, Any],
    timings: Timings,
    rounds: int,
) -> None:
    draw = Random(20)
    with ExitStack() as stack:
        workers = {
            side: stack.enter_context(_worker(side, site, bucket, site.port, more))
            for bucket, side in sides.items()
        }
        for number in range(rounds):
            spent = {side: [0.0, 0.0] for side in workers}
            for worker in workers.values():
                worker.ask("begin", f"timed-{number}")
            for _ in range(STEPS // _TURN):
                for side in draw.sample([*workers], len(workers)):
                    answer = workers[side].ask("steps", _TURN)
                    for place, kind in enumerate(("wall", "cpu")):
                        spent[side][place] += answer[kind] / STEPS
            for side, (wall, cpu) in spent.items():
                timings.add(str(side), wall=wall, cpu=cpu)


@contextmanager
def _worker(
    side: Side, site: Site, bucket: str, port: int, more: Mapping[str, Any]
) -> Iterator[Worker]:
    place = (site.ours if side.is_ours else site.theirs)(bucket, port)
    if side.sealed:
        place |= more
    python = sys.executable if side.is_ours else str(_PYTHON)
    with TemporaryDirectory() as empty:  # no file of configuration there
        process = subprocess.Popen(
            (python, str(_WORKER), side.saver, json.dumps(place)),
            cwd=empty,
            env={**os.environ, **_KEYS},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        with process:
            yield Worker(process)
