"""Bad weather between clients and a store: answers that are lost, requests that arrive late."""

from __future__ import annotations

import random
import threading
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any, Final, NoReturn

from ingenious_storage.errors import OperationTimeoutError, StorageError
from tests.library.documents.faults import proxy
from tests.support import faults
from tests.support.faults import Call, Fault, Request, before

HERE: Final[Mapping[Fault, float]] = {faults.lost: 0.2}
"""Which share of all requests meets which fault, where clients and store are in one process."""
ON_DISK: Final[Mapping[Fault, float]] = {
    faults.lost: 0.1,
    faults.refused: 0.03,
    faults.throttled: 0.03,
}
ON_THE_WAY: Final[Mapping[Fault, float]] = {
    proxy.lost: 0.1,
    proxy.refused: 0.03,
    proxy.busy: 0.03,
    proxy.cut: 0.02,
}
"""The same in a proxy: an answer or a request is lost with its connection, the store answers 503,
or half of an answer comes through."""


def timed_out(request: Request) -> StorageError:
    """What a client sees whose request is on its way for too long."""
    return OperationTimeoutError(
        f"no answer to {request.operation}",
        operation=request.operation,
        key=request.key,
        outcome_unknown=request.writes,
    )


def hung_up(_request: Request) -> Exception:
    """The same, for a proxy."""
    return proxy.Reset()


@dataclass(slots=True)
class Weather:
    """A rule: which fault a request meets is drawn by lot.

    `late` is the share of late ones in those that write. What is late lands after its client gave
    up on it, with some later request of anybody.
    """

    lot: random.Random
    shares: Mapping[Fault, float] = field(default_factory=lambda: HERE)
    late: float = 0.03
    no_answer: Callable[[Request], Exception] = timed_out
    calm: bool = False
    waiting: list[Call] = field(default_factory=list)
    counted: dict[str, int] = field(default_factory=lambda: {"all": 0, "late": 0})
    lock: threading.Lock = field(default_factory=threading.Lock)

    def __call__(self, request: Request) -> Fault | None:
        with self.lock:
            if self.calm or request.operation == "container_exists":
                return None
            roll, least = self.lot.random(), 0.0
            self.counted["all"] += 1
            for fault, share in self.shares.items():
                if least <= roll < least + share:
                    name = getattr(fault, "__name__", "")
                    self.counted[name] = self.counted.get(name, 0) + 1
                    return fault
                least += share
            if roll < least + self.late and request.writes:
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
            with suppress(StorageError, OSError):
                call()
