"""The bound of the cache, what goes first, and a forked child."""

from __future__ import annotations

import gc
import os
import signal
import tracemalloc
from collections.abc import Iterator

import pytest

from ingenious_storage.backends.base import PutOptions
from ingenious_storage.backends.inmemory import InMemoryBackend
from ingenious_storage.layers.cache.layer import CacheLayer
from tests.library.layers.cache.given import MIB, Given
from tests.support.telemetry import watching


def blobs(cache: CacheLayer, store: InMemoryBackend, size: int, count: int) -> Iterator[None]:
    for number in range(count):
        key = f"conversations/{number:08}/memory.json"
        cache.put(key, bytes([number % 256]) * size, PutOptions("application/json"))
        cache.get(key)
        store.delete(key)
        yield


@pytest.mark.parametrize("size", [0, 100, 2_000, 20_000, 400_000])
def test_memory_stays_within_its_bound(size: int) -> None:
    bound, store = max(MIB // 2, 10 * size), InMemoryBackend()
    cache = CacheLayer(store, max_bytes=bound, max_age=60)
    count = 2 * bound // (size + 1500) + 20
    gc.collect()
    tracemalloc.start()
    try:
        before, _ = tracemalloc.get_traced_memory()
        most = max(tracemalloc.get_traced_memory()[0] for _ in blobs(cache, store, size, count))
        assert cache.remembered_bytes <= bound
        assert cache.remembered_bytes >= bound * 0.85
        assert most - before <= 1.1 * bound
    finally:
        tracemalloc.stop()


def test_the_least_recently_used_goes_first() -> None:
    given = Given(max_bytes=40_000, max_age=60)
    for key in "abc":
        given.cache.put(key, bytes(3000))
    for number in range(20):
        given.cache.get("a")
        given.cache.put(f"n{number}", bytes(3000))
    given.asked()
    given.cache.get("a")
    assert given.asked() == (0, 0)
    given.cache.get("b")
    assert given.asked() == (1, 0)


def test_the_bound_is_one_for_all_kinds_of_blobs() -> None:
    given = Given(max_bytes=40_000, max_age=60)
    given.cache.put("k", bytes(4000))
    given.cache.put("k", bytes(5000))  # above an eighth: the old one is not kept either
    assert given.cache.remembered_bytes == 0
    assert given.cache.get("k").data == bytes(5000)


@pytest.mark.skipif(not hasattr(os, "fork"), reason="this system has no fork")
def test_a_forked_child_begins_empty() -> None:
    given = Given(max_age=60)
    given.cache.put("k", b"one")
    child = os.fork()
    if child == 0:
        signal.alarm(20)
        empty = given.cache.remembered_bytes == 0
        works = given.cache.get("k").data == b"one" and given.cache.remembered_bytes > 0
        os._exit(0 if empty and works else 1)
    assert os.waitpid(child, 0)[1] == 0
    assert given.cache.remembered_bytes > 0


def test_its_size_is_told() -> None:
    with watching() as watch:
        given = Given()
        given.cache.container = "its own"  # other tests of this process may have left caches
        given.cache.put("k", b"one")
        said = ({"container": "its own"}, given.cache.remembered_bytes)
        assert said in watch.points("cache.size")
        assert given.cache.remembered_bytes > 0
