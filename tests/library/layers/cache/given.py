"""A cache over a store in memory that counts and fails, and a clock that stands still."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from ingenious_storage.backends.inmemory import InMemoryBackend
from ingenious_storage.errors import UnavailableError
from ingenious_storage.layers.cache.layer import CacheLayer
from tests.support.counting import CountingBackend
from tests.support.faults import Call, FaultyBackend, Request

MIB = 1024 * 1024


class Clock:
    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


@dataclass
class Given:
    """`store` is what other processes write to; `cache` is what this one reads through."""

    max_bytes: int = MIB
    max_age: float = 0.0
    stale_if_error: float | None = None
    clock: Clock = field(default_factory=Clock)
    store: InMemoryBackend = field(default_factory=InMemoryBackend)

    def __post_init__(self) -> None:
        self.faulty = FaultyBackend(self.store)
        self.requests = CountingBackend(self.faulty)
        self.cache = CacheLayer(
            self.requests,
            max_bytes=self.max_bytes,
            max_age=self.max_age,
            stale_if_error=self.stale_if_error,
            clock=self.clock,
        )

    def asked(self) -> tuple[int, int]:
        """Requests since the last time, and how many of them were answered "not modified"."""
        counts = self.requests.total, self.requests.not_modified
        self.requests.reset()
        return counts

    def goes_down(self) -> None:
        def fails(request: Request, call: Call) -> Any:
            raise UnavailableError("down", key=request.key, operation=request.operation)

        self.faulty.rule = lambda _request: fails

    def comes_back(self) -> None:
        self.faulty.rule = None
