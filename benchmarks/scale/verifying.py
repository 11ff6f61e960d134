"""Verify of many conversations on disk, beside this project when it held them all in memory."""

from __future__ import annotations

import sys
import tempfile
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

from benchmarks.checkout import worktree
from benchmarks.machine import ROOT, SCRATCH, file_system, require_disk
from benchmarks.processes import in_turns, once
from benchmarks.report import COMPARED, Section, Table, compared
from benchmarks.scale.listing import COMMIT, CONVERSATIONS, FASTER, memory
from ingenious_storage.documents.format.head import Draft, advance
from ingenious_storage.documents.format.revision import NO_NOTE
from ingenious_storage.services.kinds import MEMORIES

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
        _write(Path(directory, "ingenious-data"))
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


def _write(container: Path) -> None:
    now = datetime.now(UTC)
    for number in range(CONVERSATIONS):
        name = f"chat-{number * 7919 % CONVERSATIONS:08d}"
        data = b'{"messages":[{"role":"user","content":"Hello %d"}]}' % number
        write_id = f"{number:016x}"
        place = container / MEMORIES.key(name)
        place.parent.mkdir(parents=True)
        head = advance(
            None,
            Draft(data, NO_NOTE),
            key=MEMORIES.key(name),
            name=name,
            write_id=write_id,
            created_at=now,
            sealed=None,
        )
        place.write_bytes(head.encode())
