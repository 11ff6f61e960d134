from __future__ import annotations

import inspect
import io
from collections.abc import Callable, Collection, Iterator, Mapping
from contextlib import suppress
from datetime import UTC, datetime
from typing import BinaryIO

import pytest

from ingenious_storage.backends.base import (
    GET_DEFAULTS,
    PUT_DEFAULTS,
    Backend,
    Blob,
    BlobInfo,
    DocumentKey,
    GetOptions,
    PutOptions,
)
from ingenious_storage.backends.inmemory import InMemoryBackend
from ingenious_storage.errors import (
    ConflictError,
    OperationTimeoutError,
    StorageError,
    ThrottledError,
    UnavailableError,
)
from ingenious_storage.layers.base import Layer
from ingenious_storage.layers.cache.layer import CacheLayer
from ingenious_storage.layers.instrument import InstrumentLayer
from ingenious_storage.layers.retry import RetryBudget, RetryLayer, RetryPolicy
from ingenious_storage.testing import BackendContract, Oracle
from tests.library.layers.beneath import Beneath
from tests.support.counting import CountingBackend

BUILT_ON_OTHERS = {"open_read", "iterate", "around_stores"}
PAST_THE_HOOK = {"document_keys", "destroy_keys", "keyed_documents", "is_current"}
"""Who has keys makes requests for them, which pass the hooks beneath; the last is no request."""


def test_a_layer_forwards_every_method_through_its_hook() -> None:
    calls = {name for name, _ in inspect.getmembers(Backend, inspect.isfunction)}
    public = {name for name in calls if not name.startswith("_")} - BUILT_ON_OTHERS
    assert public <= vars(Layer).keys()
    assert not BUILT_ON_OTHERS & vars(Layer).keys()
    backend = CountingBackend(InMemoryBackend())
    for name in public - PAST_THE_HOOK - {"close"}:
        method = getattr(backend, name)
        wanted = [p for p in inspect.signature(method).parameters.values() if p.default is p.empty]
        values = {"key": "k", "data": b"", "keys": ["k"], "stream": io.BytesIO()}
        with suppress(StorageError):
            method(*(values[parameter.name] for parameter in wanted))
        assert backend.calls[-1][0] == name


class Keyed(InMemoryBackend):
    """Has a key for each document."""

    def __init__(self) -> None:
        super().__init__()
        self.keys = {"id": DocumentKey(datetime(2026, 11, 29, tzinfo=UTC), None)}
        self.destroyed: list[tuple[str, Collection[str]]] = []

    def document_keys(self, key: str) -> Mapping[str, DocumentKey] | None:
        return self.keys if key == "k" else {}

    def destroy_keys(self, key: str, ids: Collection[str]) -> None:
        self.destroyed.append((key, ids))

    def keyed_documents(self, prefix: str = "") -> Iterator[BlobInfo]:
        yield BlobInfo(f"{prefix}k", "etag", 1, self.keys["id"].created_at)


def test_a_layer_forwards_what_is_known_to_be_current() -> None:
    cache = CacheLayer(InMemoryBackend(), max_bytes=1_000_000, max_age=60)
    etag = cache.put("k", b"data").etag
    assert Layer(cache).is_current("k", etag)
    assert not Layer(cache).is_current("k", "other")
    assert not Layer(cache).is_current("other", etag)
    assert not Layer(InMemoryBackend()).is_current("k", etag)


def test_a_layer_forwards_what_is_asked_about_keys() -> None:
    keyed = Keyed()
    layer = Layer(Layer(keyed))
    assert layer.document_keys("k") == keyed.keys
    assert layer.document_keys("other") == {}
    layer.destroy_keys("k", ("id",))
    assert keyed.destroyed == [("k", ("id",))]
    assert [info.key for info in layer.keyed_documents("a/")] == ["a/k"]
    assert list(Layer(InMemoryBackend()).keyed_documents()) == []
    assert Layer(InMemoryBackend()).document_keys("k") is None


def test_a_layer_shows_what_its_store_says_of_itself() -> None:
    """Each attribute of `Backend`, also one that it gets later."""
    store = InMemoryBackend()
    told = {name: object() for name in Backend.__annotations__}
    for name, value in told.items():
        setattr(store, name, value)
    layer = Layer(store)
    assert {name: getattr(layer, name) for name in told} == told


def test_a_large_object_is_read_in_ranges_through_the_layers() -> None:
    backend = CountingBackend(InMemoryBackend())
    data = bytes(range(256)) * 4096 * 9  # 9 MiB
    backend.put("k", data)
    backend.reset()
    with backend.open_read("k") as stream:
        assert stream.read() == data
    assert dict(backend.operations) == {"head": 1, "get": 3}


class Stub(InMemoryBackend):
    """Raises the given errors, one a call, before it works."""

    def __init__(self, *errors: StorageError) -> None:
        super().__init__()
        self.errors, self.calls = list(errors), 0

    def get(self, key: str, options: GetOptions = GET_DEFAULTS) -> Blob:
        self.calls += 1
        if self.errors:
            raise self.errors.pop(0)
        return super().get(key, options)

    def upload(self, key: str, stream: BinaryIO, options: PutOptions = PUT_DEFAULTS) -> BlobInfo:
        self.calls += 1
        if self.errors:
            stream.read(3)
            raise self.errors.pop(0)
        return super().upload(key, stream, options)


def retrying(stub: Backend, waits: list[float] | None = None, **policy: float) -> RetryLayer:
    waits = [] if waits is None else waits
    return RetryLayer(
        stub,
        RetryPolicy(**policy),  # type: ignore[arg-type]
        sleep=waits.append,
        uniform=lambda low, high: high,
    )


def ready(*errors: StorageError) -> Stub:
    stub = Stub(*errors)
    stub.put("k", b"v")
    return stub


def test_what_is_retryable_is_tried_again_with_growing_jitter() -> None:
    waits: list[float] = []
    stub = ready(UnavailableError("a"), ThrottledError("b"), OperationTimeoutError("c"))
    assert retrying(stub, waits, base=0.1, cap=0.5).get("k").data == b"v"
    assert waits == [0.2, 0.4, 0.5]


def test_what_is_not_retryable_is_raised_at_once() -> None:
    stub = ready(ConflictError("no"))
    with pytest.raises(ConflictError) as caught:
        retrying(stub).get("k")
    assert stub.calls == 1
    assert not caught.value.outcome_unknown


def test_a_hint_to_wait_is_honoured() -> None:
    waits: list[float] = []
    stub = ready(ThrottledError("busy", retry_after=7))
    retrying(stub, waits, base=0.1).get("k")
    assert waits == [7.2]


def test_attempts_are_bounded() -> None:
    stub = ready(*(UnavailableError(str(n)) for n in range(9)))
    with pytest.raises(UnavailableError, match="3"):
        retrying(stub, attempts=4).get("k")
    assert stub.calls == 4


def test_no_wait_goes_beyond_the_deadline() -> None:
    waits: list[float] = []
    stub = ready(ThrottledError("busy", retry_after=120))
    with pytest.raises(ThrottledError):
        retrying(stub, waits, deadline=60).get("k")
    assert waits == []


def test_the_deadline_counts_from_the_first_attempt() -> None:
    times = iter([0.0, 50.0, 59.9])
    stub = ready(*(OperationTimeoutError(str(n)) for n in range(9)))
    layer = RetryLayer(
        stub,
        RetryPolicy(deadline=60, base=1),
        sleep=lambda _: None,
        uniform=lambda low, high: high,
        clock=lambda: next(times),
    )
    with pytest.raises(OperationTimeoutError):
        layer.get("k")
    assert stub.calls == 2


def test_a_lost_attempt_marks_the_error_that_ends_the_tries() -> None:
    """The write may have landed at the first attempt, whatever the last answer says."""
    stub = ready(OperationTimeoutError("lost"), ConflictError("412"))
    with pytest.raises(ConflictError) as caught:
        retrying(stub).get("k")
    assert caught.value.outcome_unknown


def test_an_outage_is_not_multiplied() -> None:
    budget = RetryBudget(ratio=0.1, capacity=10)
    stub = ready(*(UnavailableError("down") for _ in range(500)))
    layer = RetryLayer(stub, budget=budget, sleep=lambda _: None)
    for _ in range(100):
        with pytest.raises(UnavailableError):
            layer.get("k")
    assert stub.calls == 110  # 100 first attempts and a budget of 10
    stub.errors.clear()
    for _ in range(20):
        layer.get("k")
    stub.errors = [UnavailableError("again")]
    assert layer.get("k").data == b"v"


def test_an_upload_is_rewound_before_it_is_sent_again() -> None:
    stub = ready(UnavailableError("cut"))
    stream = io.BytesIO(b"skip 0123456789")
    stream.seek(5)
    retrying(stub).upload("k", stream)
    assert stub.get("k").data == b"0123456789"


def test_a_stream_that_cannot_be_rewound_is_sent_once() -> None:
    class Pipe(io.BytesIO):
        def seekable(self) -> bool:
            return False

    stub = ready(UnavailableError("cut"))
    with pytest.raises(UnavailableError):
        retrying(stub).upload("k", Pipe(b"0123"))
    assert stub.calls == 1


LAYERS: dict[str, Callable[[Backend], Backend]] = {
    "base": Layer,
    "retry": retrying,
    "instrument": lambda inner: InstrumentLayer(inner, container="data"),
    "stack": lambda inner: RetryLayer(InstrumentLayer(inner, container="data")),
}


@pytest.mark.parametrize("layer", LAYERS)
class TestLayers(BackendContract):
    @pytest.fixture
    def inner(self) -> InMemoryBackend:
        return InMemoryBackend()

    @pytest.fixture
    def backend(self, layer: str, inner: InMemoryBackend) -> Backend:
        return LAYERS[layer](inner)

    @pytest.fixture
    def backend_without_container(self, layer: str) -> Backend:
        return LAYERS[layer](InMemoryBackend(create=False))

    @pytest.fixture
    def oracle(self, inner: InMemoryBackend) -> Oracle:
        return Beneath(inner)
