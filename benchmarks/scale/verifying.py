"""Verify of many conversations on disk, beside this project when it held them all in memory."""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path
from typing import Final

from benchmarks.checkout import worktree
from benchmarks.machine import ROOT, SCRATCH, file_system, require_disk
from benchmarks.million.corpus import write
from benchmarks.processes import in_turns, once
from benchmarks.report import COMPARED, Section, Table, compared
from benchmarks.scale.listing import COMMIT, CONVERSATIONS, FASTER, memory

MEGABYTES: Final = 200
_ROUNDS: Final = 2

_VERIFY: Final = """\
import sys
from dataclasses import astuple
from pathlib import Path
from ingenious_storage import Storage
from ingenious_storage.config import Settings, StorageSettings
from ingenious_storage.documents import verify

with Storage(Settings(storage=StorageSettings(base_path=Path(sys.argv[1])))) as storage:
    report = verify(storage.memory.documents, "conversations/")
documents, _, *found = astuple(report)  # by place: the older commit has another name
assert (documents, found) == (int(sys.argv[2]), [(), ()])
"""

METHOD = f"""\
`verify` of {CONVERSATIONS:,} conversations of one message on the disk that the checkout lies on, in
a process of its own, its start and its imports included; the same by the code of commit {COMMIT},
which listed the folder anew for each page and held all heads and segments in memory. {_ROUNDS}
rounds, in turns, after one listing. Memory is the largest resident set of the process."""

BOUND = """\
Each head is opened, read, parsed and hashed, by both, in one Python process: about 90 microseconds
of CPU a conversation, of which the listing is a tenth. So the listing is many times faster, and
`verify` is as much faster as the listing was too slow."""


def run() -> Section:
    require_disk()
    SCRATCH.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=SCRATCH) as directory, worktree(COMMIT) as before:
        write(Path(directory, "ingenious-data"), CONVERSATIONS)
        verify = (sys.executable, "-c", _VERIFY, directory, str(CONVERSATIONS))
        once(("find", directory, "-type", "f"), ROOT)
        found = in_turns({"ours": (verify, ROOT), COMMIT: (verify, before)}, _ROUNDS)
    timings, megabytes = found.timings, found.megabytes
    rows = [
        compared(
            "wall time", timings.wall["ours"], COMMIT, timings.wall[COMMIT], target=1 / FASTER
        ),
        compared("CPU time", timings.cpu["ours"], COMMIT, timings.cpu[COMMIT]),
        memory(megabytes["ours"], megabytes[COMMIT], MEGABYTES),
    ]
    title = f"Verifying {CONVERSATIONS:,} conversations ({file_system(SCRATCH)})"
    return Section(title, METHOD, Table(COMPARED, rows), BOUND)
