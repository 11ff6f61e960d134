"""Worker of one checkout: `python worker.py CHECKOUT OPERATION COUNT`, a line a turn.

It runs the code of older commits too, so it uses names that every release has, and no other file of
this folder. The variables of the process say where the storage is. It answers a line with the wall
and CPU seconds of a turn of COUNT operations.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from time import perf_counter, process_time
from typing import Any

CHECKOUT, OPERATION, COUNT = sys.argv[1], sys.argv[2], int(sys.argv[3])
sys.path[:0] = [CHECKOUT]

import ingenious_storage  # noqa: E402  # the checkout's
from ingenious_storage import Storage  # noqa: E402

KB = 1024
MESSAGE = {"role": "user", "content": "y" * 70}
AGES = 32
"""Revisions between two seals."""


def append(data: Any) -> Any:
    data["messages"].append(MESSAGE)
    return data


def write(storage: Storage) -> Callable[[int], object]:
    data = b"\x7f" * 4 * KB
    return lambda n: storage.data.save_bytes(f"small/{n}", data)


def read(storage: Storage) -> Callable[[int], object]:
    for n in range(COUNT):
        write(storage)(n)
    return lambda n: storage.data.load_bytes(f"small/{n}")


def text(storage: Storage) -> Callable[[int], object]:
    content = "x" * 4 * KB
    return lambda n: storage.data.save_text(f"text/{n}", content)


def update(storage: Storage) -> Callable[[int], object]:
    memory = storage.memory
    for n in range(COUNT):
        age = n * AGES // COUNT
        start = {"messages": [{"role": "user", "content": "x" * (20 * KB - 100 * age)}]}
        memory.save_memory(str(n), start)
        for _ in range(age):
            memory.update_memory(str(n), append)
    return lambda n: memory.update_memory(str(n), append)


def turn(way: Callable[[int], object]) -> tuple[float, float]:
    wall, cpu = perf_counter(), process_time()
    for n in range(COUNT):
        way(n)
    return perf_counter() - wall, process_time() - cpu


def main() -> None:
    assert (ingenious_storage.__file__ or "").startswith(CHECKOUT)
    with Storage.from_config() as storage:
        storage.data.ensure_container()
        way = {"write": write, "read": read, "text": text, "update": update}[OPERATION](storage)
        turn(way)
        print("ready", flush=True)
        for _ in sys.stdin:
            print(*turn(way), flush=True)


if __name__ == "__main__":
    main()
