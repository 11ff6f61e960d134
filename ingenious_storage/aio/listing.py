"""Async listing: awaited it is a list, and `async for` goes through it."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine, Generator, Iterator
from functools import cached_property
from itertools import islice
from typing import Any, Final, TypeVar

T = TypeVar("T")
_BATCH: Final = 1000
"""Names that one call of a worker thread takes from the listing."""


class AsyncListing(Coroutine[Any, Any, list[T]]):
    """`await` gives all of it at once; `async for` begins before the last page has come.

    A coroutine, so that `asyncio.run` and tasks take it too.

    Args:
        listing: begins the listing; it is called in a worker thread.
        run: runs a call in a worker thread.
    """

    def __init__(
        self,
        listing: Callable[[], Iterator[T]],
        run: Callable[[Callable[[], Any]], Awaitable[Any]],
    ) -> None:
        self._listing, self._run = listing, run

    def __await__(self) -> Generator[Any, None, list[T]]:
        return self._all().__await__()

    @cached_property
    def _task(self) -> Coroutine[Any, Any, list[T]]:
        return self._all()

    def send(self, value: Any) -> Any:
        """As `Coroutine.send`."""
        return self._task.send(value)

    def throw(self, *error: Any) -> Any:
        """As `Coroutine.throw`."""
        return self._task.throw(*error)

    def close(self) -> None:
        """As `Coroutine.close`."""
        self._task.close()

    async def __aiter__(self) -> AsyncIterator[T]:
        names = await self._run(self._listing)
        while batch := await self._run(lambda: list(islice(names, _BATCH))):
            for name in batch:
                yield name

    async def _all(self) -> list[T]:
        found: list[T] = await self._run(lambda: list(self._listing()))
        return found
