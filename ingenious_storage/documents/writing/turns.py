"""Turns: the writers of one document in one process take them in the order they came.

Without them one that remembers the newest head needs one request, and all others need two, so
that it wins every race. Correctness does not rest on turns: a commit is conditional.
"""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Final

from ingenious_storage.runtime import deadlines, forks

_PATIENCE: Final = 1.0
"""Seconds to wait for one's turn: a writer that hangs does not hold up the others for longer."""


@dataclass(slots=True, eq=False)
class _Ticket:
    thread: int = field(default_factory=threading.get_ident)
    gate: threading.Lock = field(default_factory=threading.Lock)


class Turns:
    """A queue for each key that somebody writes to. Thread-safe."""

    def __init__(self, patience: float = _PATIENCE) -> None:
        self._patience = patience
        self._queues: dict[str, deque[_Ticket]] = {}
        self._lock = forks.new_lock()
        forks.in_child(self._forget)

    def _forget(self) -> None:
        """The other threads of the parent, whose turn it was, are not in a forked child."""
        self._queues.clear()

    @contextmanager
    def of(self, key: str) -> Iterator[None]:
        """Inside it is this thread's turn, or it has waited long enough."""
        ticket = _Ticket()
        ticket.gate.acquire()
        with self._lock:
            queue = self._queues.setdefault(key, deque())
            own = any(other.thread == ticket.thread for other in queue)
            queue.append(ticket)
            waits = not own and len(queue) > 1
        if waits:
            deadlines.acquire(ticket.gate, self._patience)
        try:
            yield
        finally:
            with self._lock:
                was_first = queue[0] is ticket
                queue.remove(ticket)
                if not queue:
                    self._queues.pop(key, None)  # a fork inside has emptied it
                elif was_first:
                    queue[0].gate.release()
