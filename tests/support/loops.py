"""Event loops: whether one does other work while a store hangs."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Final, TypeVar

import pytest

from ingenious_storage.runtime import deadlines
from tests.support.servers.doors import HangingDoor

T = TypeVar("T")
_PATIENCE: Final = 30.0
"""Seconds; the requests of these tests wait for a minute, and a loop that they hold up does too."""


async def goes_on(call: Awaitable[object], door: HangingDoor) -> None:
    """See a request of `call` arrive at a shut door, from the loop of `call`; then give it up."""
    task = await arrived(call, door)
    assert task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task


async def arrived(call: Awaitable[T], door: HangingDoor) -> asyncio.Future[T]:
    """`call` as a task that has sent a request to a shut door."""
    held, task = door.asked_in_vain, asyncio.ensure_future(call)
    async with asyncio.timeout(_PATIENCE):
        while door.asked_in_vain == held:
            assert not task.done(), task.result()
            await asyncio.sleep(0.001)
    return task


async def out_of_time(call: Callable[[], Awaitable[T]], door: HangingDoor) -> T:
    """`call`, whose caller's time is over as soon as a request has arrived at a shut door."""
    with deadlines.opened() as scope:
        task = await arrived(call(), door)
        scope.expire()
        return await task
