"""Listing of many conversations on Azurite, beside this project on the SDK."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final

from benchmarks.azure import fresh_azurite, ours
from benchmarks.checkout import worktree
from benchmarks.datapath.before import COMMIT, OURS, python, timed
from benchmarks.datapath.copying import variables
from benchmarks.machine import ROOT
from benchmarks.measure import Timings
from benchmarks.processes import cpu_of
from benchmarks.report import COMPARED, Section, Table, compared
from ingenious_storage import Storage
from ingenious_storage.services.kinds import MEMORIES
from tests.support.servers.azurite import Azurite

CONVERSATIONS: Final = 200_000
TARGET: Final = 0.1
"""Of the client's CPU time."""
_ROUNDS: Final = 3

_LIST: Final = """\
import sys
from ingenious_storage import Storage

with Storage.from_config() as storage:
    assert sum(1 for _ in storage.memory.list_conversations()) == int(sys.argv[1])
"""

METHOD: Final = f"""\
`list_conversations` of {CONVERSATIONS:,} conversations on one Azurite, in a process of its own, its
start and its imports included; the same by the code of commit {COMMIT}, whose requests are the
SDK's, from a worktree of it. {_ROUNDS} rounds, in turns."""

BOUND: Final = """\
The wall time is Azurite's, which writes the XML. Of the client's CPU time most is expat, which
calls Python for each element, and what the library makes of a name: a key, a `BlobInfo` and an id.
The SDK builds a tree of each page and a model of each blob from it."""


def run(rounds: int = _ROUNDS, conversations: int = CONVERSATIONS) -> Section:
    """With a smaller number of conversations only for a look at how it works."""
    timings, served = Timings(), dict[str, list[float]]()
    with (
        fresh_azurite() as server,
        worktree(COMMIT) as before,
        TemporaryDirectory() as directory,
    ):
        _fill(server, conversations)
        places = {OURS: ROOT, COMMIT: before}
        for number in range(rounds):
            for name in [*places][:: 1 if number % 2 else -1]:
                words = python(places[name], _LIST, str(conversations))
                began = cpu_of(server.pid)
                wall, cpu, _ = timed(words, Path(directory), variables(server))
                timings.add(name, wall=wall, cpu=cpu)
                served.setdefault(name, []).append(cpu_of(server.pid) - began)
    rows = [
        compared("CPU time", timings.cpu[OURS], COMMIT, timings.cpu[COMMIT], target=TARGET),
        compared("wall time", timings.wall[OURS], COMMIT, timings.wall[COMMIT]),
        compared("CPU time of the server", served[OURS], COMMIT, served[COMMIT]),
    ]
    title = f"Listing {conversations:,} conversations on Azurite"
    return Section(title, METHOD, Table(COMPARED, rows), BOUND)


def _fill(server: Azurite, conversations: int) -> None:
    with ours(server) as storage, ThreadPoolExecutor(16) as pool:
        parts = [pool.submit(_put, storage, range(n, conversations, 16)) for n in range(16)]
        for part in parts:
            part.result()


def _put(storage: Storage, numbers: range) -> None:
    for number in numbers:
        storage.data.save_bytes(MEMORIES.key(f"chat-{number:08d}"), b"{}")
