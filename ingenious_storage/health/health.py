"""Health checks: made once an interval, and shared by all who ask."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Mapping
from concurrent.futures import Future, wait
from dataclasses import replace
from datetime import UTC, datetime
from types import TracebackType
from typing import Final, Protocol, Self

from ingenious_storage.errors import ConfigurationError
from ingenious_storage.file_storage import FileStorage
from ingenious_storage.health.probe import Answer, Probe, no_answer
from ingenious_storage.health.report import ComponentHealth, HealthReport
from ingenious_storage.health.telemetry import log_changes, measure
from ingenious_storage.runtime import forks

_DAY: Final = 86_400.0
_PATIENCE: Final = 1.0
"""Seconds: nobody who ends a process waits for a store that hangs."""


class Probed(Protocol):
    """What has containers to check: a `Storage`."""

    @property
    def probes(self) -> Mapping[str, FileStorage]:
        """Each container by its role, without retries."""


class Health:
    """Checks a storage, and remembers what it found. Thread-safe; also safe after a fork.

    One check is one request for each container, without retries, at the same time. It is made at
    most once an interval, however many ask. A store that hangs costs `timeout` seconds.

    As a context manager, or from `start` to `stop`, a thread of its own checks every interval,
    whether anybody asks or not: `latest` and the gauges of telemetry are then always fresh.

    Args:
        storage: what to check.
        interval: seconds from the end of a check to the next, a day at most.
        timeout: seconds until an answer is given up, a day at most.
        clock: seconds, monotonic.
    """

    _thread: threading.Thread | None

    def __init__(
        self,
        storage: Probed,
        *,
        interval: float = 10.0,
        timeout: float = 5.0,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        for name, value in (("interval", interval), ("timeout", timeout)):
            if not 0 < value <= _DAY:
                raise ConfigurationError(
                    f"{name} is {value}", hint=f"Give seconds: more than 0, at most {_DAY:.0f}."
                )
        self.interval, self.timeout, self._clock = interval, timeout, clock
        self._storage = storage
        self._turn, self._guard = forks.new_lock(), forks.new_lock()
        self._begin()
        forks.in_child(self._begin)

    @property
    def stale_after(self) -> float:
        """Seconds: a report that is older while the thread runs says nothing any more."""
        return 2 * self.interval + self.timeout

    @property
    def has_passed(self) -> bool:
        """Whether any check in this process found the storage ready."""
        return self._has_passed

    def report(self) -> HealthReport:
        """The newest report, from a new check when it is older than the interval.

        It takes `timeout` seconds at most: whoever comes while a check runs gets its result.
        """
        found = self._fresh()
        if found is None:
            with self._turn:
                found = self._fresh() or self._check()
        return found

    def latest(self) -> HealthReport | None:
        """The newest report, however old; no I/O. None before the first check has ended."""
        if self._last is None:
            return None
        report, ended = self._last
        return replace(report, age=max(0.0, self._clock() - ended))

    def start(self) -> None:
        """Check every interval from now on, in a thread; more than once is fine."""
        with self._guard:
            if self._thread is None or not self._thread.is_alive():
                self._stopping = threading.Event()
                self._thread = threading.Thread(
                    target=self._run,
                    args=(self._stopping,),
                    name="ingenious-storage-health",
                    daemon=True,
                )
                self._thread.start()

    def stop(self) -> None:
        """End the thread; a check that gets no answer is left alone after a second.

        More than once is fine.
        """
        with self._guard:
            thread, self._thread = self._thread, None
            self._stopping.set()
        if thread is not None:
            thread.join(_PATIENCE)

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.stop()

    def _begin(self) -> None:
        """As new, without a thread: also in a child after a fork."""
        self._last: tuple[HealthReport, float] | None = None
        self._has_passed = False
        self._thread = None
        self._stopping = threading.Event()
        self._probes = {
            role: Probe(files, self._clock) for role, files in self._storage.probes.items()
        }

    def _run(self, stopping: threading.Event) -> None:
        while not stopping.wait(self._due()):
            self.report()

    def _due(self) -> float:
        """Seconds until the newest report is no longer fresh."""
        found = self.latest()
        return 0.0 if found is None else max(0.0, self.interval - found.age)

    def _fresh(self) -> HealthReport | None:
        found = self.latest()
        return found if found is not None and found.age < self.interval else None

    def _check(self) -> HealthReport:
        asked = {role: probe.ask() for role, probe in self._probes.items()}
        wait(asked.values(), self.timeout)
        now = datetime.now(UTC)
        report = HealthReport(
            tuple(self._component(role, answer, now) for role, answer in asked.items()), now
        )
        before, self._last = self._last, (report, self._clock())
        self._has_passed = self._has_passed or report.ready
        measure(report)
        log_changes(report, before[0] if before else None)
        return report

    def _component(self, role: str, answer: Future[Answer], now: datetime) -> ComponentHealth:
        found = answer.result() if answer.done() else no_answer(self.timeout)
        error = found.error
        return ComponentHealth(
            container=role,
            status=found.status,
            latency_ms=round(found.seconds * 1000, 3),
            time=now,
            code=error.code if error else None,
            hint=error.hint if error else None,
        )
