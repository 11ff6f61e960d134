"""A history on a server: clients as threads, behind a proxy with bad weather."""

from __future__ import annotations

import random
import threading
import time
from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import replace
from uuid import uuid4

from ingenious_storage.documents import DocumentStore
from ingenious_storage.file_storage import FileStorage
from tests.integration.proof.calls import MIX, Client, look, record
from tests.integration.proof.weather import Weather
from tests.integration.proof.witness import Call, Landed, Sent
from tests.library.documents.faults.proxy import FaultProxy, Reset, lost
from tests.support.stores import RunningStore
from tests.support.writers import Place


def crowd_history(
    seed: int,
    store: RunningStore,
    proxy: FaultProxy,
    *,
    clients: int,
    calls: int,
    mix: Mapping[str, int] = MIX,
) -> list[Call]:
    """`calls` of so many clients in a container of its own; two of them share a stack each.

    `proxy` stands before `store`.

    The seed decides what each client asks for, not which comes first.
    """
    place = Place(f"proof-{uuid4().hex}", store=store.at(proxy.port))
    sky = Weather(random.Random(seed), fault=lost, no_answer=lambda _request: Reset())
    told: list[Call] = []
    left = iter(range(calls))
    turn = threading.Lock()

    def more() -> bool:
        with turn:
            return next(left, None) is not None

    def live(number: int, store: DocumentStore, sent: Sent) -> None:
        client = Client(number, random.Random(f"client {number} of {seed}"), mix)
        while more():
            call = client.ask()
            if record(call, store, sent, time.perf_counter_ns):
                told.append(call)
                client.hear(call)

    with _watched(proxy, sky) as landed, ThreadPoolExecutor(clients) as pool:
        # Every third store does not try again.
        places = [replace(place, attempts=1 if n % 3 == 2 else 5) for n in range(clients // 2)]
        lines = [Sent(each.files().backend) for each in places]
        stores = [DocumentStore(FileStorage(line)) for line in lines]
        stores[0].files.ensure_container()
        proxy.rule = sky
        living = [
            pool.submit(live, n, stores[n % len(stores)], lines[n % len(lines)])
            for n in range(clients)
        ]
        for client in living:
            client.result()
        sky.end()
        fresh = Sent(place.files().backend)
        told += look(DocumentStore(FileStorage(fresh)), fresh, clients, time.perf_counter_ns)
        for line in (*lines, fresh):
            line.close()
    return landed.settle(told)


@contextmanager
def _watched(proxy: FaultProxy, sky: Weather) -> Iterator[Landed]:
    landed = Landed()
    proxy.took = landed.note
    try:
        yield landed
    finally:
        sky.end()
        proxy.rule = proxy.took = None
