"""One worker process, as its parent sees it."""

from __future__ import annotations

import signal
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from multiprocessing import get_context
from typing import Generic, TypeVar

from ingenious_ops.bulk.answers import Answer
from ingenious_ops.bulk.processes.serving import serve

T = TypeVar("T")


class Child(Generic[T]):
    """A spawned process and the pipe to it: a forked one would share sockets and locks."""

    def __init__(self) -> None:
        context = get_context("spawn")
        self.connection, theirs = context.Pipe()
        self._process = context.Process(target=serve, args=(theirs,), name="bulk", daemon=True)
        with _deaf():
            self._process.start()
        # Held by its process alone, so that its death ends the pipe.
        theirs.close()
        self.name = f"process {self._process.pid}"
        self.task: T | None = None

    def give(self, task: T, packed: bytes) -> None:
        """Send a task. Should it be dead, `answer` says so."""
        self.task = task
        with suppress(OSError):
            self.connection.send_bytes(packed)

    def answer(self) -> Answer | None:
        """What it says; None when it is dead. Waits until there is something."""
        try:
            answer = self.connection.recv()
        except (EOFError, OSError):
            return None
        assert isinstance(answer, Answer)
        return answer

    def finished(self) -> T:
        """The task that it had."""
        task, self.task = self.task, None
        assert task is not None
        return task

    def end(self, *, patience: float = 0.0) -> str:
        """End it, at once or after `patience` seconds in which it may do so itself; by what."""
        self.connection.close()
        self._process.join(patience)
        if self._process.is_alive():
            self._process.kill()
            self._process.join()
        code = self._process.exitcode or 0
        self._process.close()
        return signal.Signals(-code).name if code < 0 else f"exit code {code}"


@contextmanager
def _deaf() -> Iterator[None]:
    """Processes begun in the block never hear the terminal's Ctrl-C: their parent ends them."""
    if not hasattr(signal, "pthread_sigmask"):
        yield
        return
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)
