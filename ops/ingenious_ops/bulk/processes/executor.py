"""The executor of processes: each has one range at a time; that of a dead one goes to another."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from multiprocessing.connection import wait
from typing import Final

from ingenious_ops.bulk.ending import PATIENCE, TICK, Ending
from ingenious_ops.bulk.errors import RangeLostError
from ingenious_ops.bulk.packing import pack
from ingenious_ops.bulk.processes.child import Child, prepare
from ingenious_ops.bulk.ranges import Range
from ingenious_ops.bulk.work import Death, Executor, Outcome, Work, never, unheard

MAX_DEATHS: Final = 3
"""Workers that one range may cost."""


@dataclass
class _Task:
    range: Range
    packed: bytes
    deaths: int = 0


class Processes(Executor):
    """`count` processes, begun as there are ranges for them."""

    def __init__(self, count: int) -> None:
        self._count = count
        self._children: list[Child[_Task]] = []
        prepare()

    def run(
        self,
        work: Work,
        ranges: Iterable[Range],
        *,
        stopped: Callable[[], bool] = never,
        on_death: Callable[[Death], None] = unheard,
    ) -> Iterator[Outcome]:
        pack(work)
        source = (_Task(each, pack((work, each))) for each in ranges)
        try:
            yield from self._run(source, stopped, on_death)
        finally:
            self._end([child for child in self._children if child.task is not None])

    def _run(
        self,
        source: Iterator[_Task],
        stopped: Callable[[], bool],
        on_death: Callable[[Death], None],
    ) -> Iterator[Outcome]:
        again, ending = deque[_Task](), Ending(stopped)
        while True:
            if not ending.is_asked():
                self._give(again, source)
            busy = [child for child in self._children if child.task is not None]
            if not busy or ending.is_over():
                return
            yield from self._answers(busy, again, on_death)

    def _answers(
        self, busy: list[Child[_Task]], again: deque[_Task], on_death: Callable[[Death], None]
    ) -> Iterator[Outcome]:
        """Of those who say something within a moment; the task of who is dead goes to `again`."""
        ready = wait([child.connection for child in busy], timeout=TICK)
        for child in busy:
            if child.connection not in ready:
                continue
            answer = child.answer()
            if answer is None:
                again.append(self._bury(child, on_death))
            else:
                yield answer.outcome(child.finished().range)

    def close(self) -> None:
        """Idle workers end by themselves; those at work are ended: a repeat does no harm."""
        self._end(list(self._children))

    def _end(self, children: list[Child[_Task]]) -> None:
        for child in children:
            self._children.remove(child)
            child.end(patience=PATIENCE if child.task is None else 0.0)

    def _give(self, again: deque[_Task], source: Iterator[_Task]) -> None:
        """A task to everybody who has none, as long as there are tasks."""
        while (child := self._idle()) is not None:
            task = again.popleft() if again else next(source, None)
            if task is None:
                return
            child.give(task, task.packed)

    def _idle(self) -> Child[_Task] | None:
        free = next((child for child in self._children if child.task is None), None)
        if free is None and len(self._children) < self._count:
            free = Child[_Task]()
            self._children.append(free)
        return free

    def _bury(self, child: Child[_Task], on_death: Callable[[Death], None]) -> _Task:
        """Its task, for another. Raises: RangeLostError."""
        self._children.remove(child)
        # Its pipe may end a moment before it does.
        reason, task = child.end(patience=PATIENCE), child.finished()
        task.deaths += 1
        on_death(Death(child.name, reason, task.range))
        if task.deaths >= MAX_DEATHS:
            raise RangeLostError(
                f"{task.range} has cost {task.deaths} workers: the last ended by {reason}"
            )
        return task
