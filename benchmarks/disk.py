"""Wall time of a save on disk, beside a bare temporary file, fsync and rename."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path
from typing import Any, Final

from benchmarks.machine import SCRATCH, file_system, require_disk
from benchmarks.measure import Way, interleave
from benchmarks.report import COMPARED, Section, Table, compared
from ingenious_storage import MemoryManager, Storage
from ingenious_storage.config import Settings, StorageSettings

SAVE_TARGET: Final = 1.3
UPDATE_TARGET: Final = 2.0
KB: Final = 1024
NAMES_NOT: Final = "write, fsync, rename"
NAMES_TOO: Final = "the same, and fsync of the folder"
_OPERATIONS: Final = 64
_MESSAGE: Final = 100
_ENTRIES: Final = 32
"""Revisions between two seals."""

METHOD = f"""\
Wall time, one writer, on the disk that the checkout lies on. The peer makes a temporary file in
the target's folder (`tempfile.mkstemp`), writes the same bytes, `os.fsync`, `os.replace`. It is
measured twice: like that, so that a power failure may take back a save that was acknowledged; and
with an fsync of the folder after the rename, which is what ours does. `update_memory` appends a
message of {_MESSAGE} bytes to one of {_OPERATIONS} conversations of 20 KB, their heads remembered
and of all ages, so that each round has its share of seals; its peer writes 20 KB. 15 rounds of
{_OPERATIONS} operations, alternating one by one."""

BOUND = """\
The disk. A save waits for it twice, for the file and then for its name; the bare sequence without
the fsync of the folder waits once, and a power failure may take back what it acknowledged. The
design forbids that, so the first row of three holds a cost that cannot be left out: the third says
how much (there, "ours" is the bare sequence with that fsync). The second compares like with like.
What is left is Python, which runs with cold caches after each wait: the lock of the key, the ETag
that is there, a new one, and for an update the JSON, a hash, the delta and a head that holds the
recent history."""


def run() -> Section:
    require_disk()
    SCRATCH.mkdir(parents=True, exist_ok=True)
    with (
        tempfile.TemporaryDirectory(dir=SCRATCH) as directory,
        Storage(Settings(storage=StorageSettings(base_path=Path(directory)))) as storage,
    ):
        storage.data.ensure_container()
        rows = [
            *_rows("`save_text`, 4 KB", _save(storage, 4 * KB), 4 * KB, directory, SAVE_TARGET),
            *_rows("`save_text`, 20 KB", _save(storage, 20 * KB), 20 * KB, directory, SAVE_TARGET),
            *_rows(
                "`update_memory`, 20 KB", _update(storage.memory), 20 * KB, directory, UPDATE_TARGET
            ),
        ]
    return Section(f"Saving on disk ({file_system(SCRATCH)})", METHOD, Table(COMPARED, rows), BOUND)


def _rows(what: str, ours: Way, size: int, directory: str, target: float) -> list[tuple[str, ...]]:
    folder = Path(directory, "bare")
    folder.mkdir(exist_ok=True)
    data = os.urandom(size)
    ways: dict[str, Way] = {
        "ours": ours,
        NAMES_NOT: lambda n: _bare(folder / str(n), data, sync_names=False),
        NAMES_TOO: lambda n: _bare(folder / str(n), data, sync_names=True),
    }
    wall = interleave(ways, rounds=15, operations=_OPERATIONS, turn=1).wall
    return [
        compared(what, wall["ours"], NAMES_NOT, wall[NAMES_NOT], target=target),
        compared(what, wall["ours"], NAMES_TOO, wall[NAMES_TOO], target=target),
        compared("the peers alone", wall[NAMES_TOO], NAMES_NOT, wall[NAMES_NOT]),
    ]


def _save(storage: Storage, size: int) -> Way:
    text = "x" * size
    return lambda n: storage.data.save_text(f"text/{n}", text)


def _update(memory: MemoryManager) -> Way:
    def append(data: Any) -> Any:
        data["messages"].append({"role": "user", "content": "y" * (_MESSAGE - 30)})
        return data

    for n in range(_OPERATIONS):
        age = n % _ENTRIES
        text = "x" * (20 * KB - _MESSAGE * age)
        memory.save_memory(str(n), {"messages": [{"role": "user", "content": text}]})
        for _ in range(age):
            memory.update_memory(str(n), append)
    return lambda n: memory.update_memory(str(n), append)


def _bare(target: Path, data: bytes, *, sync_names: bool) -> None:
    fd, temporary = tempfile.mkstemp(dir=target.parent)
    try:
        os.write(fd, data)
        os.fsync(fd)
    finally:
        os.close(fd)
    os.replace(temporary, target)  # noqa: PTH105  # as bare as it gets
    if sync_names:
        names = os.open(target.parent, os.O_RDONLY)
        try:
            os.fsync(names)
        finally:
            os.close(names)
