"""Probe: one read of one container, which nobody has to wait for."""

from __future__ import annotations

import threading
from collections.abc import Callable
from concurrent.futures import Future
from dataclasses import dataclass
from typing import Final

from ingenious_storage.errors import (
    ContainerNotFoundError,
    OperationTimeoutError,
    StorageError,
    ThrottledError,
)
from ingenious_storage.file_storage import FileStorage
from ingenious_storage.health.report import Status

MOST_UNANSWERED: Final = 4
"""Reads of one container that may hang at a time; while they do, no other is sent."""
_TO_COME: Final = "It is not there yet; the first write makes it."


@dataclass(frozen=True, slots=True)
class Answer:
    """What one read showed, after so many seconds."""

    seconds: float
    status: Status = "pass"
    error: StorageError | None = None


class Probe:
    """One container, read in threads that nobody has to wait for."""

    def __init__(self, files: FileStorage, clock: Callable[[], float]) -> None:
        self._files, self._clock = files, clock
        self._open: list[Future[Answer]] = []

    def ask(self) -> Future[Answer]:
        """Send a read, unless too many hang already: then the newest of those."""
        self._open = [answer for answer in self._open if not answer.done()]
        if len(self._open) < MOST_UNANSWERED:
            answer: Future[Answer] = Future()
            # Not of a pool: the end of the process would wait for its threads.
            threading.Thread(target=self._read, args=(answer,), daemon=True).start()
            self._open.append(answer)
        return self._open[-1]

    def _read(self, answer: Future[Answer]) -> None:
        started = self._clock()
        status, error = self._found()
        answer.set_result(Answer(self._clock() - started, status, error))

    def _found(self) -> tuple[Status, StorageError | None]:
        try:
            if self._files.container_exists():
                return "pass", None
        except ThrottledError as error:
            return "warn", error
        except StorageError as error:
            return "fail", error
        except Exception as error:  # noqa: BLE001  # a bug is no reason to stop checking
            return "fail", StorageError(f"unexpected {type(error).__name__}")
        if self._files.auto_create:
            return "warn", ContainerNotFoundError("there is no container yet", hint=_TO_COME)
        return "fail", ContainerNotFoundError("there is no such container")


def no_answer(timeout: float) -> Answer:
    """What is said of a read that was given up after `timeout` seconds."""
    error = OperationTimeoutError(f"no answer within {timeout:g} s")
    return Answer(timeout, "fail", error)
