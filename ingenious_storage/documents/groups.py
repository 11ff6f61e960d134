"""Groups: concurrent changes of one process to one document become one write.

While one write is under way, the changes that come meanwhile wait, and go together in the next one,
in the order in which they came. A change that has to be a revision of its own, such as a checkpoint
to which others refer, begins the next write: what came after it may join it.
"""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import Final

from ingenious_storage.documents.format.revision import NO_NOTE, Note, Revision
from ingenious_storage.documents.store import DocumentStore
from ingenious_storage.documents.writing.once import is_inside
from ingenious_storage.errors import OperationTimeoutError, StorageError, UnavailableError
from ingenious_storage.jsondata import Json
from ingenious_storage.runtime import deadlines, forks
from ingenious_storage.runtime.workers import Pool

THREADS: Final = 16
"""Writes of several callers that may be under way in a process."""
_pool: Final = Pool(THREADS, "ingenious-storage-groups")
Change = Callable[[Json], Json]


@dataclass(slots=True, eq=False)
class _Waiting:
    """One caller. `gate` is held until its change was written, or it is its turn to write."""

    change: Change
    begins: bool
    name: str | None
    note: Note
    gate: threading.Lock = field(default_factory=threading.Lock)
    leads: bool = False
    group: _Group | None = None
    """With which its change is being written."""
    revision: Revision | None = None
    error: Exception | None = None


@dataclass(slots=True, eq=False)
class _Group:
    """Callers whose changes are one write."""

    waiting: Sequence[_Waiting]
    handed: bool = False
    """Another thread will write it."""
    begun: bool = False
    """Somebody writes it, or has told all of them that nobody will."""
    over: bool = False
    """The next one may lead."""

    def fail(self, error: Exception) -> None:
        for each in self.waiting:
            each.error = error


class _AllRefusedError(Exception):
    """No change of a group wants to write; each has its own reason."""


class Groups:
    """Changes of one store's documents, in groups. Thread-safe.

    What belongs to one document has to go through one object for groups to form.
    """

    def __init__(self, store: DocumentStore) -> None:
        self._store = store
        self._queues: dict[str, deque[_Waiting]] = {}
        self._lock = forks.new_lock()
        forks.in_child(self._forget)

    def _forget(self) -> None:
        """The other threads of the parent are not in a forked child."""
        self._queues.clear()

    def update(
        self,
        key: str,
        change: Change,
        *,
        begins: bool = False,
        name: str | None = None,
        note: Note = NO_NOTE,
    ) -> Revision:
        """As `DocumentStore.update`; the revision may hold the changes of other callers as well.

        Args:
            change: gets the data with what the callers before it in the group have made of them,
                and may be called several times. What it raises goes to its own caller, and the
                others are not touched by it.
            begins: whether nothing that came before it may be in the same revision.
            name, note: of a group that this change is the first of.

        Raises: as `DocumentStore.update`; OperationTimeoutError when the caller's deadline has
        passed, with `outcome_unknown` when the change is being written.
        """
        if is_inside():  # a call that may be repeated has a write_id of its own
            return self._store.update(key, change, name=name, note=note)
        deadlines.check("update", key)
        mine = _Waiting(change, begins, name, note)
        mine.gate.acquire()
        with self._lock:
            queue = self._queues.setdefault(key, deque())
            queue.append(mine)
            mine.leads = len(queue) == 1
        try:
            if not mine.leads:
                self._wait(key, mine)
            if mine.leads:
                self._lead(key, mine)
        except BaseException:
            self._leave(key, mine)
            raise
        if mine.error is not None:
            raise mine.error
        assert mine.revision is not None
        return mine.revision

    def _wait(self, key: str, mine: _Waiting) -> None:
        if deadlines.acquire(mine.gate):
            return
        with self._lock:
            if mine.gate.acquire(blocking=False):
                return
            self._drop(key, mine)  # now, so that nobody takes it after what is said of it
            taken = mine.group is not None
        state = "it is being written" if taken else "it was not begun"
        raise OperationTimeoutError(
            f"a change was not made in time: {state}",
            key=key,
            hint=deadlines.HINT,
            retryable=False,
            outcome_unknown=taken,
        )

    def _leave(self, key: str, mine: _Waiting) -> None:
        """Who gave up, or was interrupted, leaves nobody waiting for what will not come."""
        group = mine.group
        with self._lock:
            self._drop(key, mine)
            if group is None or group.waiting[0] is not mine or group.handed:
                return
            if not group.begun:
                group.begun = True
                group.fail(_interrupted(key))
        self._hand_on(key, group)

    def _drop(self, key: str, mine: _Waiting) -> None:
        """Nobody waits for a change any more that was not begun; the next one leads if it did.

        Called with the lock.
        """
        queue = self._queues.get(key)
        if mine.group is None and queue and mine in queue:
            queue.remove(mine)
            if mine.leads:
                self._next_leads(key, queue)

    def _lead(self, key: str, mine: _Waiting) -> None:
        with self._lock:
            group = _Group(list(_first_group(self._queues[key])))
            for each in group.waiting:
                each.group = group
        if len(group.waiting) == 1:
            self._write(key, group)
            return
        # In another thread: nobody's deadline, and nobody who gives up, ends what is others' too.
        mine.leads = False
        _pool.submit(partial(deadlines.without().run, self._write, key, group))
        group.handed = True
        self._wait(key, mine)

    def _write(self, key: str, group: _Group) -> None:
        with self._lock:
            if group.begun:
                return
            group.begun = True
        first = group.waiting[0]
        try:
            revision = self._store.update(
                key, self._merged(group.waiting), name=first.name, note=first.note
            )
        except _AllRefusedError:
            pass
        except Exception as error:  # noqa: BLE001  # each caller raises it
            group.fail(error)
        else:
            for each in group.waiting:
                each.revision = revision
        finally:
            self._hand_on(key, group)

    def _merged(self, group: Sequence[_Waiting]) -> Change:
        """All changes as one."""
        if len(group) == 1:
            return group[0].change

        encode, dumps, loads = (
            self._store.encode,
            self._store.encoding.dumps,
            self._store.encoding.loads,
        )

        def change(data: Json) -> Json:
            begun = made = None if data is None else dumps(data)
            for each in group:
                each.error = None
                try:
                    # A copy: a change that raises half-way leaves nothing behind.
                    new = each.change(None if made is None else loads(made))
                    made = encode(_something(new))
                except Exception as error:  # noqa: BLE001  # its own caller raises it
                    each.error = error
            if made is None or all(each.error for each in group):
                raise _AllRefusedError
            return data if made is begun else loads(made)

        return change

    def _hand_on(self, key: str, group: _Group) -> None:
        """Once a group: who is interrupted in here does it again."""
        with self._lock:
            if group.over:
                return
            queue = self._queues.get(key, deque())
            for each in group.waiting:
                if queue and queue[0] is each:  # a fork inside has emptied it
                    queue.popleft()
            self._next_leads(key, queue)
            for each in group.waiting:
                _open(each)
            group.over = True

    def _next_leads(self, key: str, queue: deque[_Waiting]) -> None:
        if queue:
            queue[0].leads = True
            _open(queue[0])
        else:
            self._queues.pop(key, None)


def _open(waiting: _Waiting) -> None:
    if waiting.gate.locked():
        waiting.gate.release()


def _interrupted(key: str) -> StorageError:
    return UnavailableError(
        "who was about to write this change with others was interrupted",
        key=key,
        outcome_unknown=False,
    )


def _something(new: Json) -> Json:
    if new is None:
        raise TypeError("fn returned None: a forgotten return must not wipe a document")
    return new


def _first_group(queue: deque[_Waiting]) -> Iterator[_Waiting]:
    for place, each in enumerate(queue):
        if each.begins and place:
            return
        yield each
