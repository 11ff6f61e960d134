"""Forks with each lock held, in turn, that a storage or the library has: does the child go on?

Run as a process of its own, with the settings in the environment. Prints how many locks there
were, and the names of those with which the child did not end.
"""

from __future__ import annotations

import asyncio
import gc
import os
import signal
import sys
import threading
import types
from collections.abc import Iterator
from contextlib import suppress
from typing import Any

from ingenious_storage import AsyncMemoryManager, Health, Storage, deadline

_LOCKS = (type(threading.Lock()), type(threading.RLock()))
_PATIENCE = 60
"""Seconds that a child has."""
_OF_THE_PARENT = "_held"
"""A client of the SDK: a child makes its own."""
_NOT_WALKED = (types.ModuleType, type, threading.Thread)


def work(storage: Storage) -> None:
    storage.memory.save_memory("c", {"n": 1})
    assert storage.memory.load_memory("c") == {"n": 1}
    storage.memory.append_messages("d", [1])
    storage.memory.load_many(["c", "d"])
    storage.prompts.create_set(f"s{os.getpid()}", {"a": "1"})
    with deadline(_PATIENCE):
        asyncio.run(AsyncMemoryManager(storage.memory).load_memory("c"))
    assert storage.health.report().ready


def below(value: Any) -> Iterator[tuple[str, Any]]:
    """What an object refers to, by name where there is one."""
    if isinstance(value, types.FunctionType):
        yield from (("closure", cell) for cell in value.__closure__ or ())
        return
    named = value if isinstance(value, dict) else getattr(value, "__dict__", {})
    known = {id(item) for item in named.values()} | {id(named)}
    yield from ((str(name), item) for name, item in [*named.items()] if name != _OF_THE_PARENT)
    yield from (("", item) for item in gc.get_referents(value) if id(item) not in known)


def locks(storage: Storage) -> dict[str, Any]:
    """Every lock that can be reached, by the way to it."""
    found: dict[str, Any] = {}
    seen: set[int] = set()
    waiting: list[tuple[str, Any]] = [("storage", storage)]
    waiting += [
        (name, dict(vars(module)))
        for name, module in [*sys.modules.items()]
        if name.partition(".")[0] == "ingenious_storage"
    ]
    while waiting:
        path, value = waiting.pop()
        if id(value) in seen:
            continue
        seen.add(id(value))
        if isinstance(value, _LOCKS):
            found[path] = value
        elif not isinstance(value, _NOT_WALKED):
            waiting += [(f"{path}.{name}"[:300], item) for name, item in below(value)]
    return found


def child_ends(storage: Storage, lock: Any) -> bool | None:
    """Fork while another thread holds `lock`; None when it cannot be had any more."""
    held, done = threading.Event(), threading.Event()
    taken: list[bool] = []

    def hold() -> None:
        taken.append(lock.acquire(timeout=0.2))
        held.set()
        done.wait()
        if taken[0]:
            lock.release()

    holder = threading.Thread(target=hold)
    holder.start()
    held.wait()
    try:
        return _forked(storage) if taken[0] else None
    finally:
        done.set()
        holder.join()


def is_free(lock: Any) -> bool:
    if free := lock.acquire(blocking=False):
        lock.release()
    return bool(free)


def _forked(storage: Storage) -> bool:
    pid = os.fork()
    if pid == 0:
        signal.alarm(_PATIENCE)
        with suppress(BaseException):
            assert all(map(is_free, locks(storage).values()))
            work(storage)
            os._exit(0)
        os._exit(1)
    return os.waitpid(pid, 0)[1] == 0


def main() -> None:
    storage = Storage.from_config()
    Health(storage)
    work(storage)
    found = {path: lock for path, lock in locks(storage).items() if is_free(lock)}
    ends = {path: child_ends(storage, lock) for path, lock in found.items()}
    stuck = [path for path, end in ends.items() if end is False]
    sys.stdout.write("\n".join([str(len(ends)), *stuck]))


if __name__ == "__main__":
    main()
