"""One shard that is down: its keys fail and say why, others go on, listings never come short."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, TypeVar

import pytest

from ingenious_storage import deadline
from ingenious_storage.backends.inmemory import InMemoryBackend
from ingenious_storage.backends.sharded.backend import ShardedBackend
from ingenious_storage.backends.sharded.placement import Placement
from ingenious_storage.errors import (
    NotFoundError,
    OperationTimeoutError,
    PermissionDeniedError,
    StorageError,
    UnavailableError,
)
from ingenious_storage.file_storage import FileStorage
from ingenious_storage.health.probe import Probe
from ingenious_storage.layers.base import Layer
from ingenious_storage.layers.instrument import InstrumentLayer
from ingenious_storage.layers.retry import RetryLayer, RetryPolicy
from ingenious_storage.runtime import deadlines
from tests.library.backends.sharded.shards import memories
from tests.support.telemetry import watching

if TYPE_CHECKING:
    from collections.abc import Callable

    from ingenious_storage.backends.base import Backend

T = TypeVar("T")
IN = Placement("abc")
KEYS = [f"conversations/{number}/memory.json" for number in range(30)]
OF_B = [key for key in KEYS if IN.shard_of(key) == "b"]
OF_OTHERS = [key for key in KEYS if key not in OF_B]


class Switch(Layer):
    """A store that answers, or raises what `error` says."""

    error: Callable[[], StorageError] | None = None
    asked = 0

    def _around(self, operation: str, key: str | None, call: Callable[[], T]) -> T:
        self.asked += 1
        if self.error is not None:
            raise self.error()
        return call()


def down() -> UnavailableError:
    return UnavailableError("no connection to the host", hint="Check the network.")


@pytest.fixture
def stores() -> dict[str, Switch]:
    return {name: Switch(store) for name, store in memories("abc").items()}


@pytest.fixture
def backend(stores: dict[str, Switch]) -> ShardedBackend:
    backend = ShardedBackend(stores)
    backend.ensure_container()
    for key in KEYS:
        backend.put(key, key.encode())
    return backend


def test_keys_of_other_shards_go_on(backend: ShardedBackend, stores: dict[str, Switch]) -> None:
    """Also in a process that begins while the shard is down."""
    stores["b"].error = down
    for each in (backend, ShardedBackend(stores)):
        for key in OF_OTHERS:
            assert each.get(key).data == key.encode()
            each.put(key, key.encode())
        for key in OF_B:
            with pytest.raises(UnavailableError, match="shard b: no connection") as told:
                each.get(key)
            assert told.value.hint == "Check the network."
            assert told.value.retryable


def test_calls_for_all_shards_fail(backend: ShardedBackend, stores: dict[str, Switch]) -> None:
    token = backend.list(limit=2).token
    stores["b"].error = down
    calls: list[Callable[[], object]] = [
        backend.list,
        lambda: backend.list("conversations/", delimiter="/"),
        lambda: ShardedBackend(stores).list(token=token),
        lambda: [*backend.iterate()],
        backend.container_exists,
        backend.ensure_container,
        lambda: backend.delete_many(KEYS),
    ]
    for call in calls:
        with pytest.raises(UnavailableError, match="shard b"):
            call()
    stores["b"].error = None
    assert [info.key for info in backend.iterate()] == sorted(OF_B)  # what could go is gone
    assert {*backend.delete_many(KEYS).values()} == {None}
    assert backend.list().blobs == ()


def test_an_answer_about_a_key_does_not_name_the_shard(backend: ShardedBackend) -> None:
    with pytest.raises(NotFoundError) as told:
        backend.get("no/such")
    assert "shard" not in told.value.message


def test_health_names_the_shard(backend: ShardedBackend, stores: dict[str, Switch]) -> None:
    assert Probe(FileStorage(backend), lambda: 0.0).ask().result(30).status == "pass"
    stores["b"].error = stores["c"].error = down
    answer = Probe(FileStorage(backend), lambda: 0.0).ask().result(30)
    assert answer.status == "fail"
    assert answer.error is not None
    assert answer.error.message.startswith("shard b: ")
    assert answer.error.hint == "Of the shards this is about b, c. Check the network."


def test_only_the_shard_that_is_down_is_asked_again(
    backend: ShardedBackend, stores: dict[str, Switch]
) -> None:
    policy = RetryPolicy(attempts=4)
    layered = backend.around_stores(lambda store: RetryLayer(store, policy, sleep=lambda _: None))
    before = {name: store.asked for name, store in stores.items()}
    stores["b"].error = down
    with pytest.raises(UnavailableError):
        layered.list()
    assert {name: store.asked - before[name] for name, store in stores.items()} == {
        "a": 1,
        "b": 4,
        "c": 1,
    }


def test_the_clock_is_the_one_that_is_behind() -> None:
    """So that no blob looks older than it is by the clock of its own store."""
    now = datetime(2026, 1, 2, tzinfo=UTC)
    ahead = {"a": timedelta(seconds=5), "b": timedelta(0), "c": timedelta(hours=1)}

    def clock(name: str) -> Callable[[], datetime]:
        return lambda: now + ahead[name]

    stores = {name: Switch(InMemoryBackend(clock=clock(name))) for name in "abc"}
    backend = ShardedBackend(stores)
    backend.ensure_container()
    assert backend.now() == now
    stores["b"].error = down
    assert backend.now() == now + ahead["a"]
    stores["b"].error = lambda: PermissionDeniedError("refused")
    with pytest.raises(PermissionDeniedError, match="shard b"):
        backend.now()
    for store in stores.values():
        store.error = down
    with pytest.raises(UnavailableError, match="shard"):
        backend.now()


def test_a_shard_that_hangs_ends_with_the_caller_s_deadline(backend: ShardedBackend) -> None:
    class Hanging(Layer):
        def _around(self, operation: str, key: str | None, call: Callable[[], T]) -> T:
            deadlines.sleep(600)
            raise deadlines.overdue(OperationTimeoutError("it hangs"))

    def wrap(store: Backend) -> Backend:
        return Hanging(store) if store.shard == "b" else store

    with pytest.raises(OperationTimeoutError), deadline(0.2):
        backend.around_stores(wrap).list()


def test_measurements_have_the_shard(backend: ShardedBackend) -> None:
    layered = backend.around_stores(lambda store: InstrumentLayer(store, container="data"))
    with watching() as watch:
        layered.get(OF_B[0])
        [span] = watch.span_list()
    assert span == (
        "ingenious.storage.get",
        {
            "ingenious.storage.backend": "inmemory",
            "ingenious.storage.container": "data",
            "ingenious.storage.operation": "get",
            "ingenious.storage.shard": "b",
        },
        "UNSET",
    )
