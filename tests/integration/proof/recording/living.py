"""A process with a few clients, as it lives until its calls are made or it is killed."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from random import Random

from ingenious_storage.backends.base import Backend
from ingenious_storage.documents import DocumentStore
from ingenious_storage.documents.format import segment
from ingenious_storage.file_storage import FileStorage
from tests.integration.proof.recording.calls import record
from tests.integration.proof.recording.journal import Call, Journal
from tests.integration.proof.recording.kinds import KINDS, Kind
from tests.integration.proof.recording.weather import ON_DISK, Weather
from tests.integration.proof.recording.witness import Sent, Trail, Wire, Witness
from tests.support.faults import Fault, FaultyBackend, Request, any_of, killed_after, killed_before
from tests.support.writers import Place


@dataclass(frozen=True, slots=True)
class Life:
    """What a process is to do; it can be pickled."""

    seed: str
    kind: Kind
    mix: Mapping[str, int]
    documents: int
    clients: Sequence[int]
    calls: int
    place: Place
    killed_at: int = 0
    """Which of its puts it does not outlive; 0: none."""
    file: Path | None = None
    """Of its journal."""


def live(life: Life) -> Journal:
    """Make the calls. The clock that revisions are dated by jumps back and forth."""
    if life.file is not None:  # a process of its own
        small_segments()
    journal = Journal(time.perf_counter_ns, life.file)
    store = _store(life, journal, sky := _weather(life))
    about, left, turn = KINDS[life.kind], iter(range(life.calls)), threading.Lock()
    send, keys = about.sender(store), about.keys(life.documents)

    def more() -> bool:
        with turn:
            return next(left, None) is not None

    def ask(number: int) -> None:
        client = about.client(number, Random(f"client {number} of {life.seed}"), life.mix, keys)
        while more():
            call = client.ask()
            record(call, send, journal)
            client.hear(call)

    with ThreadPoolExecutor(len(life.clients)) as pool:
        for each in [pool.submit(ask, number) for number in life.clients]:
            each.result()
    sky.end()
    store.files.close()
    return journal


def looked(place: Place, kind: Kind, calls: Iterable[Call]) -> Journal:
    """What one sees who was never there before, when nothing goes wrong."""
    journal = Journal(time.perf_counter_ns)
    files = place.files()
    send = KINDS[kind].sender(DocumentStore(files))
    for call in calls:
        record(call, send, journal)
    files.close()
    return journal


def small_segments() -> None:
    """So that documents which are purged after a dozen revisions have sealed some."""
    segment.MAX_ENTRIES, segment.MAX_SEGMENTS_TO_KEYFRAME = 4, 3  # type: ignore[misc]


def _weather(life: Life) -> Weather:
    """Where there is no proxy to have it: on disk."""
    lot = Random(f"weather {life.seed}")
    return Weather(lot, ON_DISK) if life.place.store is None else Weather(lot, {}, late=0)


def _store(life: Life, journal: Journal, sky: Weather) -> DocumentStore:
    place, trail, backend = life.place, Trail(journal), life.place.backend()
    if place.store is None:
        backend = Witness(backend, journal)
    line: Backend = FaultyBackend(backend, any_of(_kill(life), sky))
    files = place.files(Wire(line, trail))
    lot = Random(f"clock {life.seed}")

    def clock() -> datetime:
        return datetime.now(UTC) + timedelta(days=lot.choice((0, 0, 0, -400, 30, 9000)))

    return DocumentStore(FileStorage(Sent(files.backend, trail)), clock=clock)


class _Killing:
    """A rule: the process ends before or behind the request, whatever else goes on in it."""

    def __init__(self, at: int, lot: Random) -> None:
        self._left, self._lot, self._lock = at, lot, threading.Lock()

    def __call__(self, request: Request) -> Fault | None:
        if request.operation != "put" or request.role == "container":
            return None
        with self._lock:
            self._left -= 1
            if self._left != 0:
                return None
        return self._lot.choice((killed_before, killed_after))


def _kill(life: Life) -> _Killing:
    return _Killing(life.killed_at, Random(f"kill {life.seed}"))
