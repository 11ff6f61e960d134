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
from tests.integration.proof.calls import MIX, Client, look, record
from tests.integration.proof.weather import Weather
from tests.integration.proof.witness import Call, Landed, Sent, Witness
from tests.library.documents.faults.scenario import stack_on, store_over
from tests.library.documents.faults.turns import Act, some_orders
from tests.support.faults import FaultyBackend


def stepped_history(
    seed: int,
    *,
    clients: int,
    calls: int,
    mix: Mapping[str, int] = MIX,
    weather: Callable[[random.Random], Weather] = Weather,
) -> list[Call]:
    """`calls` of so many clients, each with a store of its own; every third never tries again."""
    sky = weather(random.Random(f"weather {seed}"))
    landed = Landed()
    backend = FaultyBackend(Witness(InMemoryBackend(), landed), sky)
    told: list[Call] = []
    left, time = iter(range(calls)), count(1)

    def living(number: int) -> Act:
        client = Client(number, random.Random(f"client {number} of {seed}"), mix)

        def live(line: Backend) -> None:
            sent = Sent(stack_on(line, attempts=1 if number % 3 == 2 else 5))
            store = store_over(sent)
            while next(left, None) is not None:
                line.container_exists()  # a turn of its own, so that calls begin at any time
                call = client.ask()
                if record(call, store, sent, lambda: next(time)):
                    told.append(call)
                    client.hear(call)

        return live

    def prepare() -> tuple[Backend, list[Act]]:
        return backend, [living(number) for number in range(clients)]

    (run,) = some_orders(prepare, count=1, seed=seed)
    for failed in run.results:
        if failed is not None:
            raise failed
    sky.end()
    fresh = Sent(stack_on(backend))
    told += look(store_over(fresh), fresh, clients, lambda: next(time))
    return landed.settle(told)
