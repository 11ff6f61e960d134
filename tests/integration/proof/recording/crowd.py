"""A history of a store that runs: clients as threads of processes that may be killed."""

from __future__ import annotations

import signal
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from random import Random
from uuid import uuid4

from tests.integration.proof.recording.journal import Call, Told, events_of
from tests.integration.proof.recording.kinds import KINDS, Kind, mix_of
from tests.integration.proof.recording.living import Life, live, looked
from tests.integration.proof.recording.settled import settled
from tests.integration.proof.recording.weather import ON_THE_WAY, Weather, hung_up
from tests.integration.proof.recording.witness import Landed
from tests.library.documents.faults.proxy import FaultProxy
from tests.support.faults import Fault, Request
from tests.support.stores import RunningStore
from tests.support.writers import Place, new_processes

_LONG_SECONDS = 300.0


@dataclass(frozen=True, slots=True)
class Crowd:
    """Who asks for what: the seed decides that for each client, not which of them comes first."""

    seed: int
    calls: int
    kind: Kind = "documents"
    clients: int = 6
    processes: int = 3
    """Their clients share one store object each."""
    documents: int = 1
    kills: int = 0
    """How often each of the processes is killed. Without it they are threads of this one."""
    restarts: int = 0
    """How often the server is started again."""
    counted: dict[str, int] = field(default_factory=dict, compare=False)
    """What went wrong on the way."""

    def on_server(
        self, store: RunningStore, proxy: FaultProxy, folder: Path, restart: Callable[[], None]
    ) -> list[Call]:
        """The history on a container of its own. `proxy` stands before `store`."""
        place = Place(f"proof-{uuid4().hex}", store=store.at(proxy.port))
        sky = Weather(Random(self.seed), ON_THE_WAY, no_answer=hung_up)
        place.files().ensure_container()
        with _watched(proxy, sky) as landed:
            with _restarting(sky, self.restarts, self.calls, restart) as proxy.rule:
                told = self._lived(place, folder, purges=store.writes_beside_deletes)
            sky.end()
            told.append(self._looked(place))
        self.counted.update(sky.counted)
        return settled(told, landed.has)

    def on_disk(self, folder: Path) -> list[Call]:
        """The history in a folder, where clients meet bad weather of their own."""
        place = Place("proof", folder=folder)
        place.files().ensure_container()
        told = self._lived(place, folder, purges=True)
        return settled([*told, self._looked(place)])

    def _lived(self, place: Place, folder: Path, *, purges: bool) -> list[Told]:
        mix = mix_of(self.kind, purges=purges)
        with ThreadPoolExecutor(self.processes) as pool:
            lives = [
                pool.submit(
                    self._life, replace(place, attempts=1 if n % 3 == 2 else 5), n, folder, mix
                )
                for n in range(self.processes)
            ]
            return [told for life in lives for told in life.result()]

    def _life(self, place: Place, number: int, folder: Path, mix: Mapping[str, int]) -> list[Told]:
        """Of one process, and of those that come in its place when it is killed."""
        told: list[Told] = []
        left = self.calls // self.processes
        while left > 0:
            life = Life(
                seed=f"{self.seed} {number} {len(told)}",
                kind=self.kind,
                mix=mix,
                documents=self.documents,
                clients=[
                    10_000 * len(told) + number + self.processes * thread
                    for thread in range(self.clients // self.processes)
                ],
                calls=left,
                place=place,
            )
            if self.kills == 0:
                return [Told.of(live(life).events)]
            each = max(left // (self.kills - len(told) + 1), 1) if len(told) < self.kills else 0
            file = folder / f"{self.seed}-{number}-{len(told)}.journal"
            _run(replace(life, killed_at=each, file=file))
            told.append(Told.of(events_of(file)))
            left -= len(told[-1].calls)
            if not each:
                break
        return told

    def _looked(self, place: Place) -> Told:
        about = KINDS[self.kind]
        calls = about.look(about.keys(self.documents), 9999)
        return Told.of(looked(place, self.kind, calls).events)


def _run(life: Life) -> None:
    process = new_processes(live.__module__).Process(target=live, args=(life,))
    process.start()
    process.join(_LONG_SECONDS)
    if process.is_alive():
        process.kill()
    process.join()
    assert process.exitcode in (0, -signal.SIGKILL), process.exitcode


@contextmanager
def _watched(proxy: FaultProxy, sky: Weather) -> Iterator[Landed]:
    landed = Landed()
    proxy.took, proxy.missed = landed.took, landed.missed
    try:
        yield landed
    finally:
        sky.end()
        proxy.rule = proxy.took = proxy.missed = None


@contextmanager
def _restarting(
    sky: Weather, times: int, calls: int, restart: Callable[[], None]
) -> Iterator[Callable[[Request], Fault | None]]:
    """The weather, and a server that is started again when so many requests have come."""
    at = {calls * (n + 1) // (times + 1) for n in range(times)}
    with ThreadPoolExecutor(1) as pool:
        done: list[Future[None]] = []

        def rule(request: Request) -> Fault | None:
            fault = sky(request)
            if sky.counted["all"] in at:
                at.discard(sky.counted["all"])
                done.append(pool.submit(restart))
            return fault

        yield rule
    for each in done:
        each.result()
    sky.counted["restarts"] = len(done)
