from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from ingenious_storage.backends.base import Backend
from ingenious_storage.backends.inmemory import InMemoryBackend
from ingenious_storage.backends.local.backend import LocalBackend
from ingenious_storage.documents import DocumentStore
from tests.library.documents.faults import proxy as wire
from tests.library.documents.faults.scenario import store_on
from tests.support import faults
from tests.support.faults import Fault, FaultyBackend, Held, Rule
from tests.support.servers.azurite import Azurite
from tests.support.writers import Place

NETWORKS = ("inmemory", "local", "azurite")
TIMEOUT_SECONDS = 1.0
"""Of the client whose requests are held back."""


class Network:
    """A store, and ways to reach it; on one of them requests can be disturbed."""

    lost: Fault = staticmethod(faults.lost)
    refused: Fault = staticmethod(faults.refused)
    throttled: Fault = staticmethod(faults.throttled)
    held: type[Held] = Held

    def __init__(self, backend: Backend) -> None:
        self.backend = backend
        """Behind the network: nothing goes wrong here."""
        self.line = FaultyBackend(backend)

    def good(self) -> DocumentStore:
        """A store over a line of its own, without faults."""
        return store_on(self.backend, attempts=5)

    def bad(self, *, attempts: int) -> DocumentStore:
        """A store over the line that can be disturbed."""
        return store_on(self.line, attempts=attempts)

    def disturb(self, rule: Rule | None) -> None:
        """From now on the requests over that line meet `rule`."""
        self.line.rule = rule


class WireNetwork(Network):
    lost = staticmethod(wire.lost)
    refused = staticmethod(wire.refused)
    throttled = staticmethod(wire.canned(503, "ServerBusy"))
    held = wire.Held

    def __init__(self, place: Place, proxy: wire.FaultProxy) -> None:
        super().__init__(place.backend())
        self.place, self.proxy = place, proxy
        self.opened: list[DocumentStore] = []

    def bad(self, *, attempts: int, impatient: bool = False) -> DocumentStore:
        """`impatient`: does not wait long for an answer."""
        timeout = TIMEOUT_SECONDS if impatient else self.place.timeout
        place = replace(self.place, azurite=self.proxy.azurite, attempts=attempts, timeout=timeout)
        store = DocumentStore(place.files(), workers=1)
        self.opened.append(store)
        return store

    def disturb(self, rule: Rule | None) -> None:
        self.proxy.rule = rule

    def close(self) -> None:
        self.proxy.rule = None
        for store in self.opened:
            store.files.close()
        self.backend.close()


@pytest.fixture(scope="session")
def proxy(azurite: Azurite) -> Iterator[wire.FaultProxy]:
    with wire.fault_proxy(azurite) as made:
        yield made


@pytest.fixture(params=NETWORKS)
def network(
    request: pytest.FixtureRequest, tmp_path: Path, container_name: str
) -> Iterator[Network]:
    if request.param == "inmemory":
        yield Network(InMemoryBackend())
        return
    if request.param == "local":
        backend = LocalBackend(tmp_path / container_name)
        backend.ensure_container()
        yield Network(backend)
        return
    place = Place(container_name, azurite=request.getfixturevalue("azurite"))
    made = WireNetwork(place, request.getfixturevalue("proxy"))
    made.backend.ensure_container()
    yield made
    made.close()
