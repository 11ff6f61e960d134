"""The roll of a cluster's workers, called now and then while they are at work."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any, Final

from ingenious_ops.bulk.cluster.connection import workers_of
from ingenious_ops.bulk.errors import SchedulerError
from ingenious_ops.bulk.work import Death

_EVERY: Final = 1.0
"""Seconds."""
_WITHOUT: Final = 120.0
"""Seconds without any worker, after which nobody waits for one."""


class Roll:
    """Who is there; tells of those that have left, with or without a task."""

    def __init__(
        self,
        client: Any,
        address: str,
        on_death: Callable[[Death], None],
        *,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._client, self._address, self._on_death = client, address, on_death
        self._clock = clock
        self._workers = workers_of(client)
        self._looked = self._seen = clock()

    @property
    def threads(self) -> int:
        """Of all workers together; at least 1."""
        return max(1, sum(self._workers.values()))

    def look(self) -> None:
        """Ask the scheduler, if it is time. Raises: SchedulerError when all are gone for long."""
        now = self._clock()
        if now - self._looked < _EVERY or self._client.status != "running":
            return
        self._looked = now
        try:
            found = workers_of(self._client)
        except (OSError, TimeoutError):  # the tasks' own end says more
            return
        for worker in self._workers.keys() - found.keys():
            self._on_death(Death(f"worker {worker}", "it left the cluster"))
        self._workers = found
        if found:
            self._seen = now
        elif now - self._seen > _WITHOUT:
            raise SchedulerError(
                f"the scheduler at {self._address} has lost all its workers, and got none for "
                f"{_WITHOUT:g} s"
            )
