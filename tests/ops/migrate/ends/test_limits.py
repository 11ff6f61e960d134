"""Token buckets on a clock of the test."""

from __future__ import annotations

import io
import threading
from typing import Any

import pytest

from ingenious_ops.migrate.limits import Bucket, LimitLayer, Limits, limited_backend
from ingenious_storage.backends.inmemory import InMemoryBackend
from ingenious_storage.config import StorageSettings
from ingenious_storage.testing import BackendContract, Oracle


class Clock:
    """Sleeping is what makes its time pass."""

    def __init__(self) -> None:
        self.now = 0.0
        self.lock = threading.Lock()

    def __call__(self) -> float:
        return self.now

    def sleep(self, seconds: float) -> None:
        with self.lock:
            self.now += seconds


def limited(clock: Clock, **limits: Any) -> LimitLayer:
    return LimitLayer(InMemoryBackend(), Limits(**limits), clock=clock, sleep=clock.sleep)


@pytest.mark.parametrize("rate", [1.0, 10.0, 1000.0])
def test_a_bucket_holds_its_rate(rate: float) -> None:
    clock = Clock()
    bucket = Bucket(rate, clock=clock, sleep=clock.sleep)
    for _ in range(100):
        bucket.take(1)
    burst = max(1.0, rate * 0.1)
    assert clock.now == pytest.approx((100 - burst) / rate)


def test_a_pause_saves_up_no_more_than_a_burst() -> None:
    clock = Clock()
    bucket = Bucket(100, clock=clock, sleep=clock.sleep)
    clock.now = 1000.0
    for _ in range(20):
        bucket.take(1)
    assert clock.now - 1000 == pytest.approx(0.1)


def test_requests_of_any_kind_are_counted() -> None:
    clock = Clock()
    backend = limited(clock, requests_per_second=2)
    for number in range(5):
        backend.put(f"k{number}", b"")
    backend.get("k1")
    backend.head("k1")
    backend.list()
    assert clock.now == pytest.approx((8 - 1) / 2)


def test_bytes_are_paid_for_in_both_directions() -> None:
    clock = Clock()
    backend = limited(clock, bytes_per_second=1000)
    backend.put("k", b"x" * 600)
    backend.get("k")
    assert clock.now == pytest.approx((1200 - 100) / 1000)


def test_a_stream_is_paid_for_as_it_goes() -> None:
    clock = Clock()
    backend = limited(clock, bytes_per_second=1_000_000, requests_per_second=1)
    data = bytes(20 << 20)
    backend.upload("k", io.BytesIO(data))
    assert backend.get("k").data == data
    assert clock.now == pytest.approx(2 * len(data) / 1e6, rel=0.01)


def test_without_limits_there_is_no_layer() -> None:
    settings = StorageSettings(type="inmemory")
    assert isinstance(limited_backend(settings, "c", limits=Limits()), InMemoryBackend)
    assert isinstance(limited_backend(settings, "c", limits=Limits(1)), LimitLayer)


class _Behind:
    """The store below the layer."""

    def __init__(self, backend: InMemoryBackend) -> None:
        self.backend = backend

    def read(self, key: str) -> bytes | None:
        return self.backend.get(key).data if key in self.keys() else None

    def write(self, key: str, data: bytes) -> None:
        self.backend.put(key, data)

    def keys(self) -> set[str]:
        return {info.key for info in self.backend.iterate()}


class TestContract(BackendContract):
    @pytest.fixture
    def backend(self) -> LimitLayer:
        return LimitLayer(InMemoryBackend(), Limits(1e12, 1e9))

    @pytest.fixture
    def oracle(self, backend: LimitLayer) -> Oracle:
        assert isinstance(backend.inner, InMemoryBackend)
        return _Behind(backend.inner)

    @pytest.fixture
    def backend_without_container(self) -> LimitLayer:
        return LimitLayer(InMemoryBackend(create=False), Limits(1e12, 1e9))
