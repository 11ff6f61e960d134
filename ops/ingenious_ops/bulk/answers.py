"""Answers: what a worker of another process sends back for one range."""

from __future__ import annotations

import traceback
from dataclasses import dataclass
from typing import Any

from ingenious_ops.bulk.errors import WorkerFailedError
from ingenious_ops.bulk.packing import unpack
from ingenious_ops.bulk.ranges import Range
from ingenious_ops.bulk.work import Outcome, perform
from ingenious_storage.config import redact
from ingenious_storage.errors import StorageError


@dataclass(frozen=True, slots=True)
class Answer:
    """What came of one range."""

    result: Any = None
    error: StorageError | None = None
    bug: str | None = None
    """The traceback of an error that is none of this library: its own class may not travel."""

    def outcome(self, range_: Range) -> Outcome:
        """Raises: WorkerFailedError."""
        if self.bug is not None:
            raise WorkerFailedError(f"{range_} failed in its worker:\n{self.bug}")
        return Outcome(range_, self.result, self.error)


def answer(packed: bytes) -> Answer:
    """Do what `pack((work, range))` says. Never raises."""
    try:
        outcome = perform(*unpack(packed))
    except Exception:  # noqa: BLE001  # it is raised in the process that waits
        return Answer(bug=redact(traceback.format_exc()))
    return Answer(outcome.result, outcome.error)
