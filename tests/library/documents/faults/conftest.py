from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack, suppress
from dataclasses import replace
from pathlib import Path

import pytest

from ingenious_storage.backends.base import Backend, IfMatch, PutOptions
from ingenious_storage.backends.inmemory import InMemoryBackend
from ingenious_storage.backends.local.backend import LocalBackend
from ingenious_storage.documents import DocumentStore
from ingenious_storage.errors import ConflictError
from tests.library.documents.faults import proxy as wire
from tests.library.documents.faults.scenario import KEY, store_on
from tests.support import faults
from tests.support.faults import Fault, FaultyBackend, Held, Rule
from tests.support.stores import STORES, RunningStore, running
from tests.support.writers import Place

QUICK = ("inmemory", "local", "azurite")
"""Those of every run; the others are for `make test-slow`, but where a test says otherwise."""
NETWORKS = ("inmemory", "local", *STORES)
_NO_ETAG = '"00000000000000000000000000000000"'
TIMEOUT_SECONDS = 1.0
"""Of the client whose requests are held back."""


class Network:
    """A store, and ways to reach it; on one of them requests can be disturbed."""

    lost: Fault = staticmethod(faults.lost)
    refused: Fault = staticmethod(faults.refused)
    throttled: Fault = staticmethod(faults.throttled)
    held: type[Held] = Held
    conditional_delete = True

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
    throttled = staticmethod(wire.busy)
    held = wire.Held

    def __init__(self, place: Place, proxy: wire.FaultProxy) -> None:
        super().__init__(place.backend())
        self.place, self.proxy = place, proxy
        assert place.store is not None
        self.conditional_delete = place.store.conditional_delete
        self.opened: list[DocumentStore] = []

    def bad(self, *, attempts: int, impatient: bool = False) -> DocumentStore:
        """`impatient`: does not wait long for an answer."""
        timeout = TIMEOUT_SECONDS if impatient else self.place.timeout
        place = replace(self.disturbed, attempts=attempts, timeout=timeout)
        backend = place.backend()
        if backend.name == "s3":
            # It asks once what the server does with conditions: these requests are not in question.
            rule, self.proxy.rule = self.proxy.rule, None
            with suppress(ConflictError):
                backend.put(KEY, b"", PutOptions(condition=IfMatch(_NO_ETAG)))
            self.proxy.rule = rule
        store = DocumentStore(place.files(backend), workers=1)
        self.opened.append(store)
        return store

    @property
    def disturbed(self) -> Place:
        """The container by the line that can be disturbed."""
        assert self.place.store is not None
        return replace(self.place, store=self.place.store.at(self.proxy.port))

    def disturb(self, rule: Rule | None) -> None:
        self.proxy.rule = rule

    def close(self) -> None:
        self.proxy.rule = None
        for store in self.opened:
            store.files.close()
        self.backend.close()


@pytest.fixture(scope="session")
def proxies() -> Iterator[Callable[[RunningStore], wire.FaultProxy]]:
    """A proxy before each store, made when it is first asked for."""
    made: dict[str, wire.FaultProxy] = {}
    with ExitStack() as stack:

        def proxy_before(store: RunningStore) -> wire.FaultProxy:
            if store.name not in made:
                made[store.name] = stack.enter_context(wire.fault_proxy(store, store.api))
            return made[store.name]

        yield proxy_before


def slow_unless_quick(name: str) -> list[pytest.MarkDecorator]:
    """The marks of a network where a test has many cases."""
    return [] if name in QUICK else [pytest.mark.slow]


@pytest.fixture(params=[pytest.param(name, marks=slow_unless_quick(name)) for name in NETWORKS])
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
    store = running(request.param, request)
    made = WireNetwork(
        Place(container_name, store=store), request.getfixturevalue("proxies")(store)
    )
    made.backend.ensure_container()
    yield made
    made.close()
