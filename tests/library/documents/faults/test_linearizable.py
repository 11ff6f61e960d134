"""What concurrent clients saw, held against all orders of a document that one client has alone."""

from __future__ import annotations

import random
import threading
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from ingenious_storage.documents import DocumentStore
from ingenious_storage.errors import CommitUnknownError, NotFoundError, StorageError
from tests.library.documents.faults.conftest import Network
from tests.library.documents.faults.scenario import KEY
from tests.support.faults import Fault, Request
from tests.support.writers import with_one_more

lin: Any = pytest.importorskip("detangle.lin", reason="needs detangle, of the dev extra")

CLIENTS, CALLS = 5, 8
MISSING = (0, ())
State = tuple[int, tuple[str, ...]]


class Versioned:
    """The model: number of the newest revision, and its messages."""

    name = "a versioned document"

    def init(self) -> State:
        return MISSING

    def step(self, state: State, op: Any) -> tuple[bool, State]:
        number, messages = state
        if op.f == "load":
            return op.status != "ok" or op.output == state, state
        new = (op.arg,) if op.f == "save" else (*messages, op.arg)
        return op.status != "ok" or op.output == number + 1, (number + 1, new)

    def partition(self, operations: Any) -> list[list[Any]]:
        return [list(operations)]

    def describe_state(self, state: State) -> str:
        return repr(state)


class Recorder:
    """detangle's History, for threads."""

    def __init__(self) -> None:
        self.history, self._lock = lin.History(), threading.Lock()

    def call(self, client: int, store: DocumentStore, f: str, arg: str | None) -> None:
        with self._lock:
            op = self.history.invoke(client, f, arg)
        try:
            output = self._output(store, f, arg)
        except CommitUnknownError:
            end = self.history.info
        except StorageError:
            end = self.history.fail
        else:
            with self._lock:
                self.history.ok(op, output)
            return
        with self._lock:
            end(op)

    def _output(self, store: DocumentStore, f: str, arg: str | None) -> Any:
        if f == "save":
            return store.save(KEY, [arg]).number
        if f == "append":
            return store.update(KEY, with_one_more(arg)).number
        try:
            document = store.load(KEY)
        except NotFoundError:
            return MISSING
        return document.revision.number, tuple(document.data)


@pytest.mark.parametrize("attempts", [1, 5], ids=["no-retries", "retries"])
@pytest.mark.parametrize("loss", [0.0, 0.15], ids=["calm", "lossy"])
def test_clients_see_one_order(network: Network, attempts: int, loss: float) -> None:
    recorder = Recorder()
    lot = random.Random(7)

    def weather(_request: Request) -> Fault | None:
        return lot.choice([network.lost, network.refused]) if lot.random() < loss else None

    stores = [network.bad(attempts=attempts) for _ in range(CLIENTS)]
    network.disturb(weather)
    barrier = threading.Barrier(CLIENTS)

    def live(client: int) -> None:
        own = random.Random(client)
        barrier.wait(60)
        for turn in range(CALLS):
            f = own.choice(["save", "append", "append", "load"])
            recorder.call(client, stores[client], f, None if f == "load" else f"{client}/{turn}")

    with ThreadPoolExecutor(CLIENTS) as pool:
        list(pool.map(live, range(CLIENTS)))
    network.disturb(None)
    recorder.call(99, network.good(), "load", None)
    statuses = [op.status for op in recorder.history.operations]
    assert statuses.count("ok") > len(statuses) / 2
    recorder.history.assert_linearizable(Versioned())


@pytest.mark.parametrize(
    "second",
    [("load", None, (1, ("other",))), ("load", None, MISSING), ("append", "b", 1)],
    ids=["wrong-data", "stale-read", "number-twice"],
)
def test_the_model_refuses_what_is_wrong(second: tuple[str, str | None, Any]) -> None:
    history = lin.History()
    for f, arg, output in (("save", "a", 1), second):
        history.ok(history.invoke(0, f, arg), output)
    assert not history.check(Versioned()).ok
