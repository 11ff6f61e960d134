"""Limits of shards: what one of them would refuse, each refuses."""

from __future__ import annotations

import io

import pytest

from ingenious_storage.backends.base import PutOptions
from ingenious_storage.backends.blobs import Properties
from ingenious_storage.backends.limits import StoreLimits
from ingenious_storage.backends.sharded.backend import ShardedBackend
from ingenious_storage.backends.sharded.placement import Placement
from ingenious_storage.errors import InvalidDataError, InvalidKeyError, NotFoundError
from tests.library.backends.sharded.shards import memories

ODD = PutOptions(properties=Properties(metadata={"name": "漢字"}))


@pytest.fixture
def backend() -> ShardedBackend:
    stores = memories("ab")
    stores["a"].limits = StoreLimits(key_bytes=20, metadata_is_ascii=True)
    backend = ShardedBackend(stores)
    backend.ensure_container()
    return backend


@pytest.mark.parametrize("home", ["a", "b"])
def test_a_key_that_one_shard_refuses_has_no_home(backend: ShardedBackend, home: str) -> None:
    find = Placement("ab").find
    key = next(each for n in range(100) if find(each := f"{n:021}") == home)
    with pytest.raises(InvalidKeyError) as caught:
        backend.put(key, b"")
    assert caught.value.operation == "put"
    with pytest.raises(InvalidKeyError):
        backend.upload(key, io.BytesIO(b""))
    with pytest.raises(NotFoundError):
        backend.get(key)
    short = next(each for n in range(100) if find(each := f"{n}") == home)
    with pytest.raises(InvalidDataError):
        backend.put(short, b"", ODD)
    assert backend.list().blobs == ()
    backend.put(short, b"")
