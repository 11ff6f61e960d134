"""The one place that sends a request again. It reads only `retryable` and `retry_after`."""

from __future__ import annotations

import random
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import BinaryIO, TypeVar

from tenacity import RetryCallState, Retrying, retry_if_exception

from ingenious_storage import telemetry
from ingenious_storage.backends.base import (
    BINARY,
    NO_PROPERTIES,
    Backend,
    BlobInfo,
    Condition,
    Properties,
)
from ingenious_storage.errors import StorageError
from ingenious_storage.layers.base import Layer

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class RetryPolicy:
    """How often and how long to try; all times in seconds."""

    attempts: int = 5
    deadline: float = 60.0
    """No wait starts that would end later than this after the first attempt began."""
    base: float = 0.1
    """The wait before attempt n+1 is drawn from 0 .. min(cap, base * 2**n): full jitter."""
    cap: float = 10.0


class RetryBudget:
    """Retries of one backend, as a share of its requests, so that an outage is not multiplied.

    A token bucket: a request that succeeds puts `ratio` of a token in, a retry takes one out.
    """

    def __init__(self, *, ratio: float = 0.2, capacity: float = 50.0) -> None:
        self._ratio, self._capacity, self._tokens = ratio, capacity, capacity
        self._lock = threading.Lock()

    def refill(self) -> None:
        if self._tokens < self._capacity:
            with self._lock:
                self._tokens = min(self._capacity, self._tokens + self._ratio)

    def take(self) -> bool:
        with self._lock:
            if self._tokens < 1:
                return False
            self._tokens -= 1
            return True


class RetryLayer(Layer):
    """Retries what is retryable, within a policy and a budget.

    An error that ends the tries has `outcome_unknown` set when any attempt had it: a write may
    have landed by an earlier attempt although the last one was refused.
    """

    def __init__(
        self,
        inner: Backend,
        policy: RetryPolicy | None = None,
        *,
        budget: RetryBudget | None = None,
        sleep: Callable[[float], None] = time.sleep,
        clock: Callable[[], float] = time.monotonic,
        uniform: Callable[[float, float], float] = random.uniform,
    ) -> None:
        super().__init__(inner)
        self._policy, self._budget, self._uniform = (
            policy or RetryPolicy(),
            budget or RetryBudget(),
            uniform,
        )
        self._clock = clock
        self._retrying = Retrying(
            retry=retry_if_exception(lambda e: isinstance(e, StorageError) and e.retryable),
            wait=self._wait,
            stop=self._stop,
            sleep=sleep,
            before_sleep=_count,
            reraise=True,
        )

    def _around(self, operation: str, key: str | None, call: Callable[[], T]) -> T:
        started = self._clock()
        try:
            result = call()
        except StorageError as error:
            if not error.retryable:
                raise
            failure = error
        else:
            self._budget.refill()
            return result
        return self._again(operation, call, failure, started)

    def _again(
        self, operation: str, call: Callable[[], T], first: StorageError, started: float
    ) -> T:
        """Go on after the failure of the first attempt, which tenacity is shown as its first.

        It never sees a call that works at once, which is nearly all: its bookkeeping costs more
        CPU time than the rest of the layers.
        """
        failed, unknown = [first], False

        def attempt(_operation: str, _started: float) -> T:
            nonlocal unknown
            try:
                if failed:
                    raise failed.pop()
                return call()
            except StorageError as error:
                error.outcome_unknown = unknown = unknown or error.outcome_unknown
                raise

        result = self._retrying(attempt, operation, started)
        self._budget.refill()
        return result

    def _wait(self, state: RetryCallState) -> float:
        policy = self._policy
        jitter = self._uniform(0, min(policy.cap, policy.base * 2.0**state.attempt_number))
        return jitter + (_error_of(state).retry_after or 0.0)

    def _stop(self, state: RetryCallState) -> bool:
        policy = self._policy
        return (
            state.attempt_number >= policy.attempts
            or self._clock() - state.args[1] + state.upcoming_sleep > policy.deadline
            or not self._budget.take()
        )

    def upload(
        self,
        key: str,
        stream: BinaryIO,
        *,
        content_type: str = BINARY,
        condition: Condition | None = None,
        properties: Properties = NO_PROPERTIES,
    ) -> BlobInfo:
        """Retried only when the stream can be rewound to where it stood."""
        send = partial(
            self.inner.upload,
            key,
            stream,
            content_type=content_type,
            condition=condition,
            properties=properties,
        )
        if not stream.seekable():
            return send()
        start = stream.tell()

        def again() -> BlobInfo:
            stream.seek(start)
            return send()

        return self._around("upload", key, again)


def _count(state: RetryCallState) -> None:
    telemetry.emit.retries.add(1, {telemetry.ATTR_OPERATION: state.args[0]})


def _error_of(state: RetryCallState) -> StorageError:
    error = state.outcome.exception() if state.outcome else None
    assert isinstance(error, StorageError)
    return error
