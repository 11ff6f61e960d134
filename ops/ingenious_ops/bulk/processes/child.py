"""One worker process, as its parent sees it."""

from __future__ import annotations

import multiprocessing
import os
import signal
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Any, Final, Generic, TypeVar

from ingenious_ops.bulk.answers import Answer, read
from ingenious_ops.bulk.processes.serving import serve

T = TypeVar("T")
_METHODS: Final = multiprocessing.get_all_start_methods()
_CONTEXT: Final[Any] = multiprocessing.get_context(
    "forkserver" if "forkserver" in _METHODS else "spawn"
)
"""A child that is forked from this process would share its sockets and locks."""


def prepare() -> None:
    """Begin the process of which children are forked, where there is one.

    While this process lists what there is to do, that one imports what this one has imported, once
    for all children. It opens nothing and has one thread.
    """
    if _CONTEXT.get_start_method() != "forkserver":
        return
    from multiprocessing import forkserver  # noqa: PLC0415  # not on Windows

    ours = [
        name for name in sys.modules if name.startswith(("ingenious_ops.", "ingenious_storage."))
    ]
    _CONTEXT.set_forkserver_preload(ours)
    with _deaf():
        forkserver.ensure_running()


class Child(Generic[T]):
    """A process that shares nothing with this one, and the pipe to it."""

    def __init__(self) -> None:
        self.connection, theirs = _CONTEXT.Pipe()
        args = theirs, dict(os.environ)
        self._process = _CONTEXT.Process(target=serve, args=args, name="bulk", daemon=True)
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
            return read(self.connection.recv_bytes())
        except (EOFError, OSError):
            return None

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
