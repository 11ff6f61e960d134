"""A program as gunicorn runs one with `--preload`: it uses its storage, and then forks workers.

`python -m tests.integration.forking.preloaded SETTINGS`, the settings `storage:` as JSON, prints
"good", or the traceback of whichever process failed.
"""

from __future__ import annotations

import json
import os
import sys
import threading
import traceback
from collections.abc import Callable
from contextlib import suppress
from functools import partial
from multiprocessing import get_context
from pathlib import Path

from ingenious_storage import Storage
from ingenious_storage.config import Settings, StorageSettings

WORKERS, TURNS = 4, 10
Sockets = frozenset[str]
_storage: Storage | None = None


def sockets() -> Sockets:
    """Those that this process has open; they are the same one where they have the same name."""
    found = set()
    for entry in Path("/proc/self/fd").iterdir():
        with suppress(OSError):  # that of the listing itself
            found.add(str(entry.readlink()))
    return frozenset(link for link in found if link.startswith("socket:"))


def append(worker: object) -> str:
    """One more message, and what was there is read again."""
    assert _storage is not None
    message = f"{worker}"
    _storage.memory.append_messages("shared", [message])
    assert message in _storage.memory.load_memory("shared")["messages"]
    return message


def work(worker: int, parents: Sockets, report: int, *, closes: bool) -> None:
    """What a worker does: it must have its own connections, and no other."""
    for turn in range(TURNS):
        append(f"{worker}/{turn}")
    mine = sockets()
    assert mine - parents, "a worker has no connection of its own"
    assert not (closes and mine & parents), "a connection of the parent is open in a worker"
    os.write(report, f"{json.dumps(sorted(mine - parents))}\n".encode())


def in_a_child(call: Callable[[], None]) -> int:
    child = os.fork()
    if child == 0:
        try:
            call()
        except BaseException:  # noqa: BLE001  # whatever it is, it ends this process
            traceback.print_exc()
            os._exit(1)
        os._exit(0)
    return child


def main(settings: StorageSettings) -> None:
    global _storage  # as an application has it, made before the fork
    # The SDK of Azure leaves those of the parent open in a child, where it does not use them.
    closes = not (settings.type == "azure_blob" and settings.azure.driver == "sdk")
    outside = sockets()
    with Storage(Settings(storage=settings)) as _storage:
        append("parent")
        over = threading.Event()
        busy = threading.Thread(target=_read_until, args=(over,), daemon=True)
        busy.start()
        parents = sockets() - outside
        assert parents, "nothing is open that a worker could share"
        receive, report = os.pipe()
        children = [
            in_a_child(partial(work, number, parents, report, closes=closes))
            for number in range(WORKERS)
        ]
        assert [os.waitpid(child, 0)[1] for child in children] == [0] * WORKERS
        over.set()
        busy.join()
        told = os.read(receive, 1 << 16).decode().splitlines()
        used = [name for line in told for name in json.loads(line) if name not in outside]
        assert len(told) == WORKERS
        assert len(used) == len(set(used)) >= WORKERS, "workers share a connection"

        with get_context("fork").Pool(WORKERS) as pool:
            pooled = pool.map(append, [f"pool/{n}" for n in range(WORKERS * TURNS)], chunksize=5)
        append("parent again")
        forked = [f"{worker}/{turn}" for worker in range(WORKERS) for turn in range(TURNS)]
        found = _storage.memory.load_memory("shared")["messages"]
        assert sorted(found) == sorted(["parent", "parent again", *forked, *pooled])


def _read_until(over: threading.Event) -> None:
    """Keeps locks and connections in use while others fork."""
    assert _storage is not None
    while not over.is_set():
        _storage.memory.load_memory("shared")


if __name__ == "__main__":
    main(StorageSettings(**json.loads(sys.argv[1])))
    sys.stdout.write("good\n")
