"""A history in memory: clients whose requests reach the store one after the other, by lot.

The same seed gives the same history, but for the write ids: each client waits for its turn before
each of its requests, and the clock counts.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Mapping
from itertools import count

from ingenious_storage.backends.base import Backend
from ingenious_storage.backends.inmemory import InMemoryBackend
from tests.integration.proof.recording.calls import record
from tests.integration.proof.recording.journal import Call, Journal, Told
from tests.integration.proof.recording.kinds import KINDS, Kind
from tests.integration.proof.recording.settled import settled
from tests.integration.proof.recording.weather import Weather
from tests.integration.proof.recording.witness import Sent, Trail, Wire, Witness
from tests.library.documents.faults.scenario import stack_on, store_over
from tests.library.documents.faults.turns import Act, some_orders
from tests.support.faults import FaultyBackend


def stepped_history(
    seed: int,
    *,
    clients: int,
    calls: int,
    kind: Kind = "documents",
    mix: Mapping[str, int] | None = None,
    documents: int = 1,
    weather: Callable[[random.Random], Weather] = Weather,
) -> list[Call]:
    """`calls` of so many clients, each with a store of its own; every third never tries again."""
    sky, time, about = weather(random.Random(f"weather {seed}")), count(1), KINDS[kind]
    journal = Journal(lambda: next(time))
    backend = FaultyBackend(Witness(InMemoryBackend(), journal), sky)
    keys, left = about.keys(documents), iter(range(calls))

    def stack(line: Backend, attempts: int) -> Backend:
        trail = Trail(journal)
        return Sent(stack_on(Wire(line, trail), attempts=attempts), trail)

    def living(number: int) -> Act:
        lot = random.Random(f"client {number} of {seed}")
        client = about.client(number, lot, mix or about.mix, keys)

        def live(line: Backend) -> None:
            send = about.sender(store_over(stack(line, 1 if number % 3 == 2 else 5)))
            while next(left, None) is not None:
                line.container_exists()  # a turn of its own, so that calls begin at any time
                call = client.ask()
                record(call, send, journal)
                client.hear(call)

        return live

    def prepare() -> tuple[Backend, list[Act]]:
        return backend, [living(number) for number in range(clients)]

    (run,) = some_orders(prepare, count=1, seed=seed)
    for failed in run.results:
        if failed is not None:
            raise failed
    sky.end()
    send = about.sender(store_over(stack(backend, 1)))
    for call in about.look(keys, clients):
        record(call, send, journal)
    return settled([Told.of(journal.events)])
