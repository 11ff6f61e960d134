"""Listing many conversations on disk, beside this project before listings were linear, and find."""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path
from typing import Final

from benchmarks.checkout import worktree
from benchmarks.machine import ROOT, SCRATCH, file_system, require_disk
from benchmarks.processes import Command, in_turns, once
from benchmarks.report import COMPARED, Section, Table, compared

COMMIT: Final = "6cc1ca6"
FASTER: Final = 12
FIND_TARGET: Final = 3.0
MEGABYTES: Final = 120
CONVERSATIONS: Final = 200_000
_ROUNDS: Final = 3

_LIST: Final = """\
import sys
from pathlib import Path
from ingenious_storage import Storage
from ingenious_storage.config import Settings, StorageSettings

with Storage(Settings(storage=StorageSettings(base_path=Path(sys.argv[1])))) as storage:
    assert sum(1 for _ in storage.memory.list_conversations()) == int(sys.argv[2])
"""

METHOD = f"""\
`list_conversations` of {CONVERSATIONS:,} conversations on the disk that the checkout lies on, in
a process of its own, its start and its imports included; the same by the code of commit {COMMIT},
which read and sorted the whole folder for each page, from a worktree of it; and GNU
`find DIR -type f`, which prints the same files in the order of the disk. {_ROUNDS} rounds, in
turns, after one listing that warms the system's caches. Memory is the largest resident set of the
process."""

BOUND = """\
Four system calls a conversation, which find needs as well: it opens each folder, reads it, and
closes it. Ours asks for the size and the time of each file too, and Python makes a key, an ETag
and a `BlobInfo` of them."""


def run() -> Section:
    require_disk()
    SCRATCH.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=SCRATCH) as directory, worktree(COMMIT) as before:
        _write(Path(directory, "ingenious-data", "conversations"))
        listing = (sys.executable, "-c", _LIST, directory, str(CONVERSATIONS))
        commands: dict[str, Command] = {
            "ours": (listing, ROOT),
            COMMIT: (listing, before),
            "find": (("find", directory, "-type", "f"), ROOT),
        }
        once(*commands["find"])
        found = in_turns(commands, _ROUNDS)
    timings, megabytes = found.timings, found.megabytes
    rows = [
        compared(
            "wall time", timings.wall["ours"], COMMIT, timings.wall[COMMIT], target=1 / FASTER
        ),
        compared(
            "wall time", timings.wall["ours"], "find", timings.wall["find"], target=FIND_TARGET
        ),
        compared("CPU time", timings.cpu["ours"], COMMIT, timings.cpu[COMMIT]),
        compared("CPU time", timings.cpu["ours"], "find", timings.cpu["find"]),
        memory(megabytes["ours"], megabytes[COMMIT], MEGABYTES),
    ]
    title = f"Listing {CONVERSATIONS:,} conversations ({file_system(SCRATCH)})"
    return Section(title, METHOD, Table(COMPARED, rows), BOUND)


def memory(ours: float, before: float, limit: int) -> tuple[str, ...]:
    verdict = "yes" if ours < limit else "**no**"
    numbers = (f"{ours:.0f} MB", COMMIT, f"{before:.0f} MB", f"{ours / before:.2f}")
    return ("memory", *numbers, f"under {limit} MB", verdict)


def _write(folder: Path) -> None:
    for number in range(CONVERSATIONS):
        place = folder / f"chat-{number * 7919 % CONVERSATIONS:08d}"
        place.mkdir(parents=number == 0)
        (place / "memory.json").write_bytes(b"{}")
