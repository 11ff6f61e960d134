"""Costs of the layers: a save with compression and encryption, and a load through the cache."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Final

import orjson

from benchmarks.azure import fresh_azurite
from benchmarks.layers.talk import pieces, reference, settings
from benchmarks.measure import Timings, Way, interleave
from benchmarks.report import COMPARED, Section, Table, compared
from ingenious_storage import Storage
from ingenious_storage.backends.base import GET_DEFAULTS, Backend, Blob, GetOptions
from ingenious_storage.config import Settings, StorageSettings
from ingenious_storage.layers.base import Layer
from ingenious_storage.wiring import build_backend

SAVE_TARGET: Final = 1.5
LOAD_TARGET: Final = 1.3
_LAYERS: Final = "compression and encryption"
_PLAIN: Final = "without"
_HIT: Final = "within max_age"
_ASKED: Final = "max_age 0"
_NO_CACHE: Final = "no cache"
_PARSED: Final = "orjson.loads"
_MESSAGES: Final = 160
_ROUNDS, _SAVES, _LOADS, _TURN = 15, 64, 640, 16
_CACHE: Final = {"max_bytes": 64 * 1024 * 1024, "max_age": 3600}
_MEMORY: Final[Any] = {"messages": pieces(reference()[: _MESSAGES * 100], _MESSAGES)}
_DATA: Final = orjson.dumps(_MEMORY)

METHOD: Final = f"""\
A conversation of {len(_DATA) / 1000:.0f} KB, {_MESSAGES} messages of 100 characters of English,
as `Storage` wires it, on Azurite. CPU time of `save_memory` of one of {_SAVES} that are there, with
another ending each time, with compression and encryption over without. CPU time of `load_memory`
through the cache: within `max_age`, over `orjson.loads` of the same bytes; and with `max_age` 0,
over the same without a cache. {_ROUNDS} rounds of {_SAVES} saves and of {_LOADS} loads, in turns of
{_TURN}."""


def run() -> Section:
    with fresh_azurite() as server, TemporaryDirectory() as folder:
        azure = {"type": "azure_blob", "connection_string": server.connection_string}
        saves = _saves(Path(folder), azure).cpu
        loads, asked = _loads(azure)
    cpu = loads.cpu
    rows = [
        compared("save", saves[_LAYERS], _PLAIN, saves[_PLAIN], target=SAVE_TARGET),
        compared(f"load, {_HIT}", cpu[_HIT], _PARSED, cpu[_PARSED], target=LOAD_TARGET),
        compared(f"load, {_ASKED}", cpu[_ASKED], _NO_CACHE, cpu[_NO_CACHE]),
    ]
    return Section("What the layers cost", METHOD, Table(COMPARED, rows), _bound(asked))


def _bound(asked: dict[str, tuple[int, int]]) -> str:
    said = ", ".join(
        f"{name}: {requests} requests and {size:,} bytes of blobs in 10 loads"
        for name, (requests, size) in asked.items()
    )
    return f"""\
Compression is half of what a save gets dearer by, at level 1; the cryptography of 20 KB takes
some 20 microseconds. A load within `max_age` parses, as each caller gets a copy of its own, and
looks into two tables. {said}."""


def _saves(folder: Path, azure: dict[str, Any]) -> Timings:
    with (
        _opened(settings(folder, layers=True, **azure, container_data="layered")) as layered,
        _opened(settings(folder, layers=False, **azure)) as plain,
    ):
        layered.keys.init()
        ways: dict[str, Way] = {_LAYERS: _Saving(layered), _PLAIN: _Saving(plain)}
        return interleave(ways, rounds=_ROUNDS, operations=_SAVES, turn=_TURN)


class _Saving:
    def __init__(self, storage: Storage) -> None:
        self._memory, self._count = storage.memory, 0

    def __call__(self, item: int) -> None:
        self._count += 1
        new = {"role": "user", "content": f"Message {self._count}"}
        self._memory.save_memory(f"talk-{item}", {"messages": [*_MEMORY["messages"], new]})


def _loads(azure: dict[str, Any]) -> tuple[Timings, dict[str, tuple[int, int]]]:
    cached = settings(Path(), layers=False, **azure, cache=_CACHE)
    asking = settings(Path(), layers=False, **azure, cache={**_CACHE, "max_age": 0})
    without = settings(Path(), layers=False, **azure)
    with _opened(cached) as hit, _opened(asking) as asked, _opened(without) as none:
        ways: dict[str, Way] = {_PARSED: lambda _item: orjson.loads(_DATA)}
        found = {}
        hit.memory.save_memory("talk", _MEMORY)
        for name, storage in ((_HIT, hit), (_ASKED, asked), (_NO_CACHE, none)):
            ways[name] = _loading(storage)
            ways[name](0)
        for name, of in ((_HIT, cached), (_ASKED, asking)):
            found[name] = _requests(of)
        return interleave(ways, rounds=_ROUNDS, operations=_LOADS, turn=_TURN), found


def _loading(storage: Storage) -> Way:
    load = storage.memory.load_memory
    return lambda _item: load("talk")


def _requests(settings: StorageSettings) -> tuple[int, int]:
    """How many requests ten loads make, after a first one, and the bytes that they get."""
    watched = dict[str, _Watched]()

    def backend(settings: StorageSettings, name: str) -> Backend:
        return watched.setdefault(name, _Watched(build_backend(settings, name)))

    with Storage(Settings(storage=settings), backend=backend) as storage:
        storage.memory.load_memory("talk")
        data = watched[settings.container_data]
        data.requests = data.bytes = 0
        for _ in range(10):
            storage.memory.load_memory("talk")
        return data.requests, data.bytes


class _Watched(Layer):
    """Counts reads, and the bytes of their answers."""

    requests = bytes = 0

    def get(self, key: str, options: GetOptions = GET_DEFAULTS) -> Blob:
        self.requests += 1
        blob = super().get(key, options)
        self.bytes += len(blob.data)
        return blob


@contextmanager
def _opened(settings: StorageSettings) -> Iterator[Storage]:
    with Storage(Settings(storage=settings)) as storage:
        storage.data.ensure_container()
        yield storage
