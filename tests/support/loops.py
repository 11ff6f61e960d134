"""Event loops: whether one does other work while a store hangs."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable
from typing import Final

import pytest

from tests.support.servers.doors import HangingDoor

_PATIENCE: Final = 30.0
"""Seconds; the requests of these tests wait for a minute, and a loop that they hold up does too."""


async def goes_on(call: Awaitable[object], door: HangingDoor) -> None:
    """See a request of `call` arrive at a shut door, from the loop of `call`; then give it up."""
    held, task = door.held, asyncio.ensure_future(call)
    async with asyncio.timeout(_PATIENCE):
        while door.held == held:
            assert not task.done(), task.result()
            await asyncio.sleep(0.001)
    assert task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
