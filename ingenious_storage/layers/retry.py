"""Retry layer: it alone sends a request again. It reads `retryable` and `retry_after` only."""

from __future__ import annotations

import random
import time
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import BinaryIO, Final, TypeVar

from ingenious_storage import telemetry
from ingenious_storage.backends.base import PUT_DEFAULTS, Backend, BlobInfo, PutOptions
from ingenious_storage.errors import StorageError
from ingenious_storage.layers.base import Layer
from ingenious_storage.runtime import deadlines, forks

T = TypeVar("T")
_PER_SECOND: Final = 10.0
"""Retries of a backend in an outage, beside those that requests before it have earned."""
_TELL_AFTER: Final = 1.0
"""Seconds of an outage that nobody has to hear of."""


@dataclass(frozen=True, slots=True)
class RetryPolicy:
    """How often and how long to try; all times in seconds.

    By default the deadline ends the tries, not their number: a store that is away for 10 s is
    waited for. A deadline that the caller gave ends them earlier.
    """

    attempts: int = 100
    """Pauses in which the budget let nothing be sent count too."""
    deadline: float = 60.0
    """No wait starts that would end later than this after the first attempt began."""
    base: float = 0.1
    """The wait before attempt n+1 is drawn from 0 .. min(cap, base * 2**n): full jitter."""
    cap: float = 2.0

    def pause(
        self, attempt: int, failure: StorageError, uniform: Callable[[float, float], float]
    ) -> float:
        """Seconds to wait behind attempt number `attempt`, which ended in `failure`."""
        jitter = uniform(0, min(self.cap, self.base * 2.0 ** min(attempt, 60)))
        return jitter + (failure.retry_after or 0.0)

    def has_time(self, spent: float, wait: float) -> bool:
        """Whether a pause of `wait` seconds fits in, `spent` after the first attempt began."""
        left = deadlines.remaining()
        return spent + wait <= self.deadline and (left is None or wait < left)


class RetryBudget:
    """Retries of one backend, as a share of its requests, so that an outage is not multiplied.

    A token bucket: a request that succeeds puts `ratio` of a token in, and so does the time,
    `per_second`; a retry takes one out. Who finds none pauses again instead of sending.
    """

    def __init__(
        self,
        *,
        ratio: float = 0.2,
        capacity: float = 50.0,
        per_second: float = 0.0,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._ratio, self._capacity, self._tokens = ratio, capacity, capacity
        self._per_second, self._clock, self._filled = per_second, clock, clock()
        self._lock = forks.new_lock()

    def refill(self) -> None:
        """A request succeeded: that gives a part of a retry."""
        if self._tokens < self._capacity:
            with self._lock:
                self._tokens = min(self._capacity, self._tokens + self._ratio)

    def take(self) -> bool:
        """Take one retry; False when none is left now."""
        with self._lock:
            now = self._clock()
            gained = (now - self._filled) * self._per_second
            self._tokens, self._filled = min(self._capacity, self._tokens + gained), now
            if self._tokens < 1:
                return False
            self._tokens -= 1
            return True


class RetryLayer(Layer):
    """Retries what is retryable, within a policy, a budget, and the caller's own deadline.

    An error that ends the tries has `outcome_unknown` set when any attempt had it: a write may
    have landed by an earlier attempt although the last one was refused. So an absent-only write
    whose first answer was lost can end in AlreadyExistsError with `outcome_unknown` true.

    An outage is logged once, before the pause in which it is a second old, and once when it is
    over.
    """

    def __init__(
        self,
        inner: Backend,
        policy: RetryPolicy | None = None,
        *,
        budget: RetryBudget | None = None,
        sleep: Callable[[float], None] = deadlines.sleep,
        clock: Callable[[], float] = time.monotonic,
        uniform: Callable[[float, float], float] = random.uniform,
    ) -> None:
        super().__init__(inner)
        self._policy = policy or RetryPolicy()
        self._budget = budget or RetryBudget(per_second=_PER_SECOND)
        self._sleep, self._clock, self._uniform = sleep, clock, uniform
        self._guard = forks.new_lock()
        self._outage: float | None = None
        """When the first request failed of an outage that was told of."""

    def _around(self, operation: str, key: str | None, call: Callable[[], T]) -> T:
        deadlines.check(operation, key)
        started = self._clock()
        try:
            result = call()
        except StorageError as error:
            if not error.retryable:
                raise
            failure = error
        else:
            self._succeeded()
            return result
        try:
            return self._again(operation, call, failure, started)
        except StorageError as error:
            if error.retryable and deadlines.remaining() == 0:
                raise deadlines.overdue(error) from error
            raise

    def _again(
        self, operation: str, call: Callable[[], T], failure: StorageError, started: float
    ) -> T:
        for attempt in range(1, self._policy.attempts):
            wait = self._policy.pause(attempt, failure, self._uniform)
            spent = self._clock() - started
            if not self._policy.has_time(spent, wait):
                break
            if spent + wait >= _TELL_AFTER:
                self._tell(operation, failure, started, spent)
            self._sleep(wait)
            if deadlines.remaining() == 0:
                break
            if not self._budget.take():
                continue
            telemetry.emit.retries.add(1, {telemetry.ATTR_OPERATION: operation})
            try:
                result = call()
            except StorageError as error:
                error.outcome_unknown = error.outcome_unknown or failure.outcome_unknown
                failure = error
                if not error.retryable:
                    break
            else:
                self._succeeded()
                return result
        raise failure

    def _tell(self, operation: str, failure: StorageError, started: float, spent: float) -> None:
        with self._guard:
            is_known = self._outage is not None
            self._outage = self._outage if is_known else started
        if not is_known:
            telemetry.store_is_away(operation, failure, self._policy.deadline - spent)

    def _succeeded(self) -> None:
        self._budget.refill()
        if self._outage is None:
            return
        with self._guard:
            outage, self._outage = self._outage, None
        if outage is not None:
            telemetry.store_is_back(self._clock() - outage)

    def upload(self, key: str, stream: BinaryIO, options: PutOptions = PUT_DEFAULTS) -> BlobInfo:
        """Retried only when the stream can be rewound to where it stood."""
        send = partial(self.inner.upload, key, stream, options)
        if not stream.seekable():
            return send()
        start = stream.tell()

        def again() -> BlobInfo:
            stream.seek(start)
            return send()

        return self._around("upload", key, again)
