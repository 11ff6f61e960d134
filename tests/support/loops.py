"""Event loops: whether one is held up."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Final

BLOCKED: Final = 0.05
"""Seconds that an event loop may be held up."""


@asynccontextmanager
async def watched(longest: list[float]) -> AsyncIterator[None]:
    """Note the longest time that the loop was held up meanwhile."""

    async def watch() -> None:
        last = time.monotonic()
        while True:
            await asyncio.sleep(0.001)
            now = time.monotonic()
            longest.append(now - last)
            last = now

    task = asyncio.create_task(watch())
    yield
    task.cancel()
