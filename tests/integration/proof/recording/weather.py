"""Bad weather between clients and a store: answers that are lost, requests that arrive late."""

from __future__ import annotations

import random
import threading
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any, NoReturn

from ingenious_storage.errors import OperationTimeoutError, StorageError
from tests.support import faults
from tests.support.faults import Call, Fault, Request, before


def timed_out(request: Request) -> StorageError:
    """What a client sees whose request is on its way for too long."""
    return OperationTimeoutError(
        f"no answer to {request.operation}",
        operation=request.operation,
        key=request.key,
        outcome_unknown=request.writes,
    )


@dataclass(slots=True)
class Weather:
    """A rule: which fault a request meets is drawn by lot.

    `lost` and `late` are shares of all requests, and of those that write. What is late lands after
    its client gave up on it, with some later request of anybody.
    """

    lot: random.Random
    lost: float = 0.2
    late: float = 0.03
    fault: Fault = faults.lost
    no_answer: Callable[[Request], Exception] = timed_out
    calm: bool = False
    waiting: list[Call] = field(default_factory=list)
    counted: dict[str, int] = field(default_factory=lambda: {"all": 0, "lost": 0, "late": 0})
    lock: threading.Lock = field(default_factory=threading.Lock)

    def __call__(self, request: Request) -> Fault | None:
        with self.lock:
            if self.calm or request.operation == "container_exists":
                return None
            roll = self.lot.random()
            self.counted["all"] += 1
            if roll < self.lost:
                self.counted["lost"] += 1
                return self.fault
            if roll < self.lost + self.late and request.writes:
                self.counted["late"] += 1
                return self._hold
            return before(self._land_one) if self.waiting and roll > 0.7 else None

    def end(self) -> None:
        """From now on nothing goes wrong, and nothing is on its way any more."""
        self.calm = True
        while self.waiting:
            self._land_one()

    def _hold(self, request: Request, call: Call) -> NoReturn:
        with self.lock:
            self.waiting.append(call)
        raise self.no_answer(request)

    def _land_one(self) -> Any:
        with self.lock:
            call = self.waiting.pop(self.lot.randrange(len(self.waiting))) if self.waiting else None
        if call is not None:
            with suppress(StorageError):
                call()
