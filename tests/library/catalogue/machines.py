"""Machines: storages on the same two containers, each with an index of its own."""

from __future__ import annotations

import random
from collections.abc import Callable
from pathlib import Path
from typing import Any, NoReturn

from ingenious_storage import Storage
from ingenious_storage.backends.base import MAX_PAGE, Backend, Page
from ingenious_storage.backends.inmemory import InMemoryBackend
from ingenious_storage.catalogue import DocumentKind, Row
from ingenious_storage.catalogue.index import Index
from ingenious_storage.config import Settings, StorageSettings
from ingenious_storage.errors import StorageError
from ingenious_storage.layers.base import Layer
from tests.support.counting import CountingBackend
from tests.support.faults import Call, FaultyBackend, Request, Rule


class Shuffled(Layer):
    """Lists in an order of its own, three blobs a page."""

    def list(
        self,
        prefix: str = "",
        *,
        delimiter: str | None = None,
        token: str | None = None,
        limit: int = MAX_PAGE,
        metadata: bool = False,
    ) -> Page:
        blobs = sorted(self.inner.iterate(prefix), key=lambda info: info.key)
        random.Random(7).shuffle(blobs)
        start = int(token or 0)
        end = start + 3
        return Page(tuple(blobs[start:end]), (), str(end) if end < len(blobs) else None)


class Machines:
    """Two containers in memory, and whoever opens them."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.faulty: dict[str, FaultyBackend] = {}
        self.counted: dict[str, CountingBackend] = {}
        self.around: Callable[[Backend], Backend] = lambda backend: backend

    def open(self, name: str = "first", **storage: Any) -> Storage:
        """A machine of this name, with its own index."""
        settings = StorageSettings(
            type="inmemory",
            catalogue={"path": self.path(name), **storage.pop("catalogue", {})},
            **storage,
        )
        return Storage(Settings(storage=settings), backend=lambda _, given: self.store(given))

    def path(self, name: str = "first") -> Path:
        return self.folder / name / "catalogue.db"

    def store(self, name: str = "ingenious-data") -> Backend:
        if name not in self.faulty:
            self.faulty[name] = FaultyBackend(InMemoryBackend())
            self.counted[name] = CountingBackend(self.around(self.faulty[name]))
        return self.counted[name]

    @property
    def data(self) -> CountingBackend:
        self.store()
        return self.counted["ingenious-data"]

    @property
    def requests(self) -> list[tuple[str, str | None]]:
        """All that the containers were asked since `forget_requests`."""
        return [call for store in self.counted.values() for call in store.calls]

    def forget_requests(self) -> None:
        for store in self.counted.values():
            store.reset()

    def raw(self, name: str = "ingenious-data") -> dict[str, bytes]:
        """What a container holds."""
        store = self.faulty[name].inner
        return {info.key: store.get(info.key).data for info in store.iterate()}


def rows(path: Path, kind: DocumentKind = "memory") -> dict[str, Row]:
    """What a file holds, looked at from behind, by the names of the documents."""
    index = Index(path)
    try:
        return {row.name: row for row in index.rows(kind)}
    finally:
        index.close()


def texts(path: Path, kind: DocumentKind = "memory") -> dict[str, str]:
    return {name: row.text for name, row in rows(path, kind).items()}


def say(text: str) -> dict[str, object]:
    return {"messages": [{"role": "user", "content": text}]}


def fill(storage: Storage, number: int) -> None:
    storage.memory.save_many({f"c{n}": say(f"text {n}") for n in range(number)}, author="a")


def failing(error: StorageError) -> Rule:
    def fault(_request: Request, _call: Call) -> NoReturn:
        raise error

    return lambda _request: fault


def reads(machines: Machines) -> int:
    return sum(operation == "get" for operation, _ in machines.requests)
