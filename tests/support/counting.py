"""A layer that counts requests, so that what they cost can be asserted."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from typing import TypeVar

from ingenious_storage.backends.base import Backend
from ingenious_storage.errors import NotModifiedError
from ingenious_storage.layers.base import Layer

T = TypeVar("T")


class CountingBackend(Layer):
    """`but`: a prefix whose requests are not counted, as those for keys where there are layers."""

    def __init__(self, inner: Backend, *, but: str | None = None) -> None:
        super().__init__(inner)
        self._but = but
        self.calls: list[tuple[str, str | None]] = []
        self.not_modified = 0

    def _around(self, operation: str, key: str | None, call: Callable[[], T]) -> T:
        if self._but is None or not (key or "").startswith(self._but):
            self.calls.append((operation, key))
        try:
            return call()
        except NotModifiedError:
            self.not_modified += 1
            raise

    @property
    def total(self) -> int:
        return len(self.calls)

    @property
    def operations(self) -> Counter[str]:
        return Counter(operation for operation, _ in self.calls)

    def reset(self) -> None:
        self.calls.clear()
        self.not_modified = 0
