"""Layout: a wrong list of shards is refused before a byte is written."""

from __future__ import annotations

from threading import Barrier, Thread
from typing import TYPE_CHECKING

import orjson
import pytest

from ingenious_storage.backends.inmemory import InMemoryBackend
from ingenious_storage.backends.sharded.backend import ShardedBackend
from ingenious_storage.backends.sharded.checks import shards
from ingenious_storage.backends.sharded.layout import Layout
from ingenious_storage.backends.sharded.record import KEY
from ingenious_storage.errors import (
    ConfigurationError,
    ContainerNotFoundError,
    CorruptObjectError,
    InvalidKeyError,
    StorageError,
    UnsupportedFormatError,
)
from ingenious_storage.file_storage import FileStorage
from tests.library.backends.sharded.shards import memories, sharded

if TYPE_CHECKING:
    from collections.abc import Mapping

    from ingenious_storage.backends.base import Backend


def set_up(names: str) -> dict[str, InMemoryBackend]:
    stores = memories(names)
    ShardedBackend(stores).ensure_container()
    return stores


def contents(stores: Mapping[str, Backend]) -> dict[str, list[str]]:
    return {name: [each.etag for each in store.iterate()] for name, store in stores.items()}


def refuses(stores: Mapping[str, Backend], match: str) -> None:
    """Every call is refused, as applications make it, and nothing at all is written."""
    before, files = contents(stores), FileStorage(ShardedBackend(stores))
    for number in range(20):
        with pytest.raises(ConfigurationError, match=match):
            files.save_bytes(f"k{number}", b"")
    calls = (files.list_page, files.ensure_container, files.container_exists, files.now)
    for call in calls:
        with pytest.raises(ConfigurationError, match=match):
            call()
    with pytest.raises(ConfigurationError, match=match):
        files.delete_many([f"k{number}" for number in range(20)])
    assert contents(stores) == before


def test_a_shard_too_many() -> None:
    stores = set_up("ab") | memories("c")
    refuses(stores, "shard [ab] is one of a, b, .* names a, b, c")


def test_a_shard_too_few() -> None:
    stores = set_up("abc")
    refuses({name: stores[name] for name in "ab"}, "is one of a, b, c, .* names a, b")


def test_shards_with_their_names_changed() -> None:
    stores = set_up("ab")
    refuses({"a": stores["b"], "b": stores["a"]}, "says that it is shard")


def test_shards_of_two_stores() -> None:
    """What is written before the second one is asked lies where it belongs in its own store."""
    backend = ShardedBackend({"a": set_up("ab")["a"], "b": set_up("ab")["b"]})
    for call in (backend.list, backend.ensure_container, backend.container_exists):
        with pytest.raises(ConfigurationError, match="of two different stores"):
            call()


def test_a_shard_that_lost_its_container() -> None:
    """It is not made anew: what was in it would look as if it had never been."""
    for lost in "abc":
        stores = set_up("abc")
        stores[lost] = InMemoryBackend(create=False)
        backend = ShardedBackend(stores)
        for call in (backend.ensure_container, backend.container_exists):
            with pytest.raises(ConfigurationError, match=f"shard {lost} has no record"):
                call()
        with pytest.raises(ContainerNotFoundError, match=f"shard {lost}"):
            backend.list()
        assert stores[lost].container_exists() is False or not stores[lost].list().blobs


def test_a_store_that_is_in_use_is_no_shard() -> None:
    stores = memories("ab")
    stores["b"].put("old", b"")
    with pytest.raises(ConfigurationError, match="shard b has blobs"):
        ShardedBackend(stores).ensure_container()
    assert [each.key for each in stores["b"].iterate()] == ["old"]
    assert not stores["a"].list().blobs


@pytest.mark.parametrize("written", [1, 2, 3])
def test_setting_up_goes_on_where_it_was_cut(written: int) -> None:
    """After any of its writes: the first shard's record decides which layout it is."""
    stores = memories("abc")
    set_up_cut(stores, written)
    before = layouts(stores)
    backend = ShardedBackend(stores)
    assert backend.container_exists() is (written >= 3)
    backend.ensure_container()
    assert backend.container_exists()
    assert {*layouts(stores).values()} == {*before.values()}
    assert orjson.loads(stores["a"].get(KEY).data)["complete"] is True


def layouts(stores: Mapping[str, Backend]) -> dict[str, str]:
    found = {name: store for name, store in stores.items() if store.list(KEY).blobs}
    return {name: orjson.loads(store.get(KEY).data)["layout"] for name, store in found.items()}


def set_up_cut(stores: Mapping[str, InMemoryBackend], writes: int) -> None:
    left = iter(range(writes))

    class Cut(InMemoryBackend):
        def __init__(self, store: InMemoryBackend) -> None:
            self.__dict__ = store.__dict__

        def put(self, *given: object, **named: object) -> object:  # type: ignore[override]
            if next(left, None) is None:
                raise KeyboardInterrupt
            return super().put(*given, **named)  # type: ignore[arg-type]

    with pytest.raises(KeyboardInterrupt):
        Layout(tuple(stores)).write({name: Cut(store) for name, store in stores.items()})


def test_several_set_it_up_at_the_same_time() -> None:
    stores, backends = memories("abcd", create=False), list[ShardedBackend]()
    barrier, errors = Barrier(6), list[StorageError]()

    def run() -> None:
        backend = ShardedBackend(stores)
        backends.append(backend)
        barrier.wait(30)
        try:
            backend.ensure_container()
            backend.put("k", b"")
        except StorageError as error:
            errors.append(error)

    threads = [Thread(target=run) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert not errors
    assert len({*layouts(stores).values()}) == 1
    assert all(backend.container_exists() for backend in backends)


def test_its_record_is_the_store_s_own() -> None:
    backend = sharded("ab")
    assert backend.list().blobs == ()
    for call in (backend.get, backend.head, backend.delete, lambda key: backend.put(key, b"")):
        with pytest.raises(InvalidKeyError, match="own"):
            call(KEY)


@pytest.mark.parametrize(
    ("data", "kind"),
    [
        (b"", CorruptObjectError),
        (b"[]", CorruptObjectError),
        (
            b'{"format":"ingenious.shard/1","layout":"x","name":"a","shards":"ab"}',
            CorruptObjectError,
        ),
        (b'{"format":"other/1"}', CorruptObjectError),
        (b'{"format":"ingenious.shard/2"}', UnsupportedFormatError),
    ],
)
def test_a_record_that_cannot_be_used(data: bytes, kind: type[StorageError]) -> None:
    stores = set_up("ab")
    stores["a"].put(KEY, data)
    with pytest.raises(kind, match="shard a"):
        ShardedBackend(stores).list()


def test_what_doctor_says_of_it() -> None:
    stores = memories("ab", create=False)
    assert shards(ShardedBackend(stores)) == "a=inmemory, b=inmemory: not set up yet"
    ShardedBackend(stores).ensure_container()
    assert shards(ShardedBackend(stores)) == "a=inmemory, b=inmemory: of one layout"
    with pytest.raises(ConfigurationError, match="is one of a, b"):
        shards(ShardedBackend({"a": stores["a"]}))


def test_each_shard_is_asked_for_its_record_once() -> None:
    stores = set_up("ab")
    backend = ShardedBackend(stores)
    again = backend.around_stores(lambda store: store)
    backend.list()
    stores["a"].delete(KEY)
    stores["b"].delete(KEY)
    assert again.list().blobs == ()
