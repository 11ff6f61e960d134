"""Maintain one memory from six threads, each call in an event loop of its own; print its words."""

from __future__ import annotations

import asyncio
import json
import sys
from concurrent.futures import ThreadPoolExecutor

from ingenious.config.config import get_config  # type: ignore[import-not-found,unused-ignore]
from ingenious.services.memory_manager import (  # type: ignore[import-not-found,unused-ignore]
    get_memory_manager,
    run_async_memory_operation,
)

THREADS, CALLS = 6, 10
config = get_config()


def work(thread: int) -> None:
    for call in range(CALLS):
        manager = get_memory_manager(config)  # one for each turn of a talk, as flows do
        made = manager.maintain_memory(f"w{thread}-{call}", 1000, "busy")
        assert asyncio.run(made) is True


async def within_a_loop() -> str:
    """As synchronous flows call it, which block the loop meanwhile."""
    manager = get_memory_manager(config)
    assert run_async_memory_operation(manager.write_memory("from within", "loop"))
    return str(run_async_memory_operation(manager.read_memory("loop")))


with ThreadPoolExecutor(THREADS) as pool:
    list(pool.map(work, range(THREADS)))
assert asyncio.run(within_a_loop()) == "from within"
words = asyncio.run(get_memory_manager(config).read_memory("busy")).split()
assert asyncio.run(get_memory_manager(config).read_memory("none", "default")) == "default"
assert "ingenious_storage_plugin" in sys.modules
sys.stdout.write(json.dumps(words))
