"""Shards for tests: stores of each kind, and what lies in all of them together."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from ingenious_storage.backends.inmemory import InMemoryBackend
from ingenious_storage.backends.sharded.backend import ShardedBackend
from ingenious_storage.testing import Oracle

RECORD = ".sharding.json"


def memories(names: Iterable[str], *, create: bool = True) -> dict[str, InMemoryBackend]:
    """A store in memory for each name."""
    return {name: InMemoryBackend(create=create) for name in names}


def sharded(names: Iterable[str]) -> ShardedBackend:
    """One that is set up, over stores in memory."""
    backend = ShardedBackend(memories(names))
    backend.ensure_container()
    return backend


class MemoryOracle:
    """The dict of one store in memory."""

    def __init__(self, backend: InMemoryBackend) -> None:
        self._backend = backend

    def read(self, key: str) -> bytes | None:
        blob = (self._backend._container or {}).get(key)
        return None if blob is None else blob.data

    def write(self, key: str, data: bytes) -> None:
        self._backend.put(key, data)

    def keys(self) -> set[str]:
        return set(self._backend._container or {})


class ShardsOracle:
    """All shards, each seen by its own oracle. What is new it writes where `home` says."""

    def __init__(self, shards: Mapping[str, Oracle], home: Sequence[str]) -> None:
        self._shards, self._home = shards, home

    def read(self, key: str) -> bytes | None:
        found = [data for each in self._shards.values() if (data := each.read(key)) is not None]
        assert len(found) <= 1, "a blob lies in two shards"
        return found[0] if found else None

    def write(self, key: str, data: bytes) -> None:
        self._shards[second_home(key, self._home)].write(key, data)

    def keys(self) -> set[str]:
        keys = [key for each in self._shards.values() for key in each.keys() - {RECORD}]
        assert len(set(keys)) == len(keys), "a blob lies in two shards"
        return set(keys)


def second_home(key: str, names: Sequence[str]) -> str:
    """The shard of a key that is of no document, written once more from docs/scale.md."""
    from hashlib import sha256  # this function is to be read alone

    document = sha256(key.encode()).digest()
    return max(names, key=lambda name: sha256(document + name.encode()).hexdigest())
