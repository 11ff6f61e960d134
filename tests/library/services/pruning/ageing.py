"""A store whose clock can be put forward: what was written before is older then."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta
from typing import TypeVar

from ingenious_storage.backends.base import Backend, Blob, BlobInfo, Page
from tests.support.counting import CountingBackend

T = TypeVar("T")


class Ageing(CountingBackend):
    """`meanwhile`, if set, is called before each request with its number, from 0."""

    def __init__(self, inner: Backend) -> None:
        super().__init__(inner)
        self._ahead, self._written = timedelta(0), dict[str, timedelta]()
        self.meanwhile: Callable[[int], None] | None = None

    def put_forward(self, time: timedelta) -> None:
        self._ahead += time

    def now(self) -> datetime:
        return super().now() + self._ahead

    def _around(self, operation: str, key: str | None, call: Callable[[], T]) -> T:
        hook, number = self.meanwhile, self.total
        if hook is not None:
            self.meanwhile = None  # what it does is no request of the one that is watched
            before = list(self.calls)
            hook(number)
            self.calls[:] = before
            self.meanwhile = hook
        result = super()._around(operation, key, call)
        if operation in {"put", "upload"} and key is not None:
            self._written[key] = self._ahead
        return self._told(result)

    def _told(self, result: T) -> T:
        if isinstance(result, BlobInfo):
            by = self._written.get(result.key, timedelta(0))
            return replace(result, last_modified=result.last_modified + by)
        if isinstance(result, Blob):
            return replace(result, info=self._told(result.info))
        if isinstance(result, Page):
            return replace(result, blobs=tuple(map(self._told, result.blobs)))
        return result
