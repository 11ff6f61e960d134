"""Writers that append to one conversation, as threads of this process, and what each was told.

A program of its own, so that PYTHONPATH can put the library of another checkout in its place. It
reads its task as one line of JSON, says that it is ready, begins with the next line that it reads,
and prints what it measured.
"""

from __future__ import annotations

import json
import random
import sys
import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import Any

from ingenious_storage import Storage, StorageError
from ingenious_storage.config import Settings, StorageSettings

CONVERSATION = "everybody's"
WINDOW = 50
"""Messages that the conversation keeps, so that it costs as much at the end as at first."""


def append(storage: Storage, think: float, until: float, writer: int) -> dict[str, Any]:
    """One writer's calls, in seconds each, and its errors by code; `think` s at most in between."""
    lot, errors, took = random.Random(writer), Counter[str](), list[float]()
    while (began := time.monotonic()) < until:
        message = f"message {len(took)} of writer {writer}, long enough to look like one " * 2
        try:
            storage.memory.update_memory(CONVERSATION, partial(_with, message))
        except StorageError as error:
            errors[f"{error.code}: {error}"] += 1
        took.append(time.monotonic() - began)
        if think:
            time.sleep(lot.uniform(0, think))
    return {"took": took, "errors": errors}


def _with(message: str, old: Any) -> Any:
    return [*(old or [])[1 - WINDOW :], message]


def main() -> None:
    task = json.loads(sys.stdin.readline())
    with Storage(Settings(storage=StorageSettings(**task["storage"]))) as storage:
        storage.data.ensure_container()
        storage.memory.load_memory(CONVERSATION, default=None)
        sys.stdout.write("ready\n")
        sys.stdout.flush()
        sys.stdin.readline()
        until = time.monotonic() + task["seconds"]
        with ThreadPoolExecutor(len(task["writers"])) as pool:
            work = partial(append, storage, task["think"], until)
            json.dump(list(pool.map(work, task["writers"])), sys.stdout)


if __name__ == "__main__":
    main()
