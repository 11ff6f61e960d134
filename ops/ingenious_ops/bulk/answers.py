"""Answers: what a worker of another process sends back for one range."""

from __future__ import annotations

import traceback
from dataclasses import dataclass
from typing import Any

from ingenious_ops.bulk.errors import WorkerFailedError
from ingenious_ops.bulk.packing import pack_answer, unpack
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


def answer(packed: bytes) -> bytes:
    """Do what `pack((work, range))` says: an Answer for `read`. Never raises."""
    try:
        outcome = perform(*unpack(packed))
        return pack_answer(Answer(outcome.result, outcome.error))
    except Exception:  # noqa: BLE001  # it is raised in the process that waits
        return pack_answer(Answer(bug=redact(traceback.format_exc())))


def read(data: bytes) -> Answer:
    """What `answer` gave."""
    found = unpack(data)
    assert isinstance(found, Answer)
    return found
