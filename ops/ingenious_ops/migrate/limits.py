"""Limits of a migration: requests and bytes a second, below the retries."""

from __future__ import annotations

import io
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import BinaryIO, Final, TypeVar, cast

from ingenious_storage.backends.base import PUT_DEFAULTS, Backend, Blob, BlobInfo, PutOptions
from ingenious_storage.config import StorageSettings
from ingenious_storage.layers.base import Layer
from ingenious_storage.runtime import deadlines
from ingenious_storage.wiring import build_backend

T = TypeVar("T")
_BURST: Final = 0.1
"""Seconds whose worth may go at once, after a pause."""
BLOCK: Final = 8 * 1024 * 1024
"""Bytes of an upload that count as one request."""


@dataclass(frozen=True, slots=True)
class Limits:
    """None for no limit."""

    bytes_per_second: float | None = None
    requests_per_second: float | None = None

    def divided(self, parts: int) -> Limits:
        """Those of one of so many processes, which keep these together."""
        size, requests = self.bytes_per_second, self.requests_per_second
        return Limits(size and size / parts, requests and requests / parts)


class Bucket:
    """A token bucket that may be overdrawn: who takes more than there is waits until it is paid."""

    def __init__(
        self,
        rate: float,
        *,
        clock: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], None] = deadlines.sleep,
    ) -> None:
        self._rate, self._clock, self._sleep = rate, clock, sleep
        self._capacity = max(1.0, rate * _BURST)
        self._level, self._filled = self._capacity, clock()
        self._lock = threading.Lock()

    def take(self, amount: float) -> None:
        """Take `amount` units, and wait until they are paid. Raises: OperationTimeoutError."""
        with self._lock:
            now = self._clock()
            gained = (now - self._filled) * self._rate
            self._level = min(self._capacity, self._level + gained) - amount
            self._filled = now
            wait = -self._level / self._rate
        if wait > 0:
            self._sleep(wait)
            deadlines.check()


class LimitLayer(Layer):
    """Holds requests back. What is read is paid for afterwards, what is written before."""

    def __init__(
        self,
        inner: Backend,
        limits: Limits,
        *,
        clock: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], None] = deadlines.sleep,
    ) -> None:
        super().__init__(inner)
        self._bytes, self._requests = (
            None if rate is None else Bucket(rate, clock=clock, sleep=sleep)
            for rate in (limits.bytes_per_second, limits.requests_per_second)
        )

    def _around(self, operation: str, key: str | None, call: Callable[[], T]) -> T:
        self._pay(requests=1)
        result = call()
        if isinstance(result, Blob):
            self._pay(size=len(result.data))
        return result

    def put(self, key: str, data: bytes, options: PutOptions = PUT_DEFAULTS) -> BlobInfo:
        self._pay(size=len(data))
        return super().put(key, data, options)

    def upload(self, key: str, stream: BinaryIO, options: PutOptions = PUT_DEFAULTS) -> BlobInfo:
        slow = cast("BinaryIO", _Paid(stream, self._pay_block))
        return super().upload(key, slow, options)

    def _pay_block(self, size: int) -> None:
        self._pay(size=size, requests=size / BLOCK)

    def _pay(self, *, size: int = 0, requests: float = 0) -> None:
        if self._requests is not None and requests:
            self._requests.take(requests)
        if self._bytes is not None and size:
            self._bytes.take(size)


class _Paid(io.RawIOBase):
    """A stream whose every read is paid for."""

    def __init__(self, stream: BinaryIO, pay: Callable[[int], None]) -> None:
        self._stream, self._pay = stream, pay

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: bytearray | memoryview) -> int:  # type: ignore[override]
        data = self._stream.read(len(buffer))
        self._pay(len(data))
        buffer[: len(data)] = data
        return len(data)


def limited_backend(settings: StorageSettings, container: str, *, limits: Limits) -> Backend:
    """The store of one container, within `limits`: what `Storage` takes as its `backend`."""
    backend = build_backend(settings, container)
    return backend if limits == Limits() else LimitLayer(backend, limits)
