"""What a thread costs: requests, bytes that are stored, bytes that are sent."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest

from ingenious_storage.adapters.langgraph import StorageSaver
from ingenious_storage.adapters.langgraph.threads import places
from ingenious_storage.backends.base import Backend
from ingenious_storage.backends.inmemory import InMemoryBackend
from ingenious_storage.config import Settings, StorageSettings
from ingenious_storage.storage import Storage
from ingenious_storage.wiring import build_backend
from tests.library.adapters.langgraph.threads.conftest import Opened
from tests.library.adapters.langgraph.threads.steps import (
    get,
    ids_of,
    named,
    put,
    steps,
    writes_of,
)
from tests.support import layering
from tests.support.counting import CountingBackend
from tests.support.stores import running, slow

CHECKPOINTS = 200
REQUESTS, STORED, SENT = 420, 300_000, 10_000_000
KEYS = "keys/"
ROOT = named()


class WeighingBackend(CountingBackend):
    """Counts the bytes that are sent too."""

    sent = 0

    def put(self, key: str, data: Any, *more: Any, **options: Any) -> Any:
        self.sent += len(data)
        return super().put(key, data, *more, **options)


class Costs:
    """A container whose requests are counted, and savers that remember nothing."""

    def __init__(self, stack: ExitStack, settings: StorageSettings, inner: Backend) -> None:
        # Keys of an encrypted document are asked for once a process and document.
        self.backend = WeighingBackend(inner, but=KEYS)
        self._stack, self._settings = stack, settings

    def saver(self) -> StorageSaver:
        settings = Settings(self._settings)
        opened = Storage(settings, backend=lambda *_: self.backend)
        return StorageSaver(self._stack.enter_context(opened))

    def of(self, call: Callable[[StorageSaver], object]) -> int:
        """The requests of a saver's first call."""
        saver = self.saver()
        self.backend.reset()
        call(saver)
        return self.backend.total

    @property
    def stored(self) -> int:
        blobs = self.backend.inner.list("", limit=1000).blobs
        return sum(blob.size for blob in blobs if not blob.key.startswith(KEYS))


@pytest.fixture(
    params=["memory", *slow("memory sealed", "azurite", "azurite sealed")],
)
def costs(request: pytest.FixtureRequest, tmp_path: Path, container_name: str) -> Iterator[Costs]:
    """Of a store as it is; and sealed, compressed and encrypted, with a warm cache of keys."""
    name, _, sealed = request.param.partition(" ")
    sections = layering.sections(layering.new_key_file(tmp_path)) if sealed else {}
    sections.pop("cache", None)
    with ExitStack() as stack:
        if name == "memory":
            yield Costs(stack, StorageSettings(type="inmemory", **sections), InMemoryBackend())
            return
        settings = running(name, request).settings(container_data=container_name, **sections)
        backend = build_backend(settings, container_name)
        stack.callback(backend.close)
        yield Costs(stack, settings, backend)


def test_200_steps(costs: Costs) -> None:
    """One new message of about 500 characters each, and two writes, of which one has it too."""
    steps(costs.saver(), CHECKPOINTS)
    asked = Counter(operation for operation, _ in costs.backend.calls)
    asked.pop("ensure_container", None)
    assert asked.total() <= REQUESTS, asked
    assert costs.stored <= STORED
    assert costs.backend.sent <= SENT
    thread = named()
    assert costs.of(lambda saver: get(saver, thread)) == 2
    assert costs.of(lambda saver: ids_of(saver.list(thread, limit=10))) <= 2
    assert costs.of(lambda saver: ids_of(saver.list(thread))) <= 2 + CHECKPOINTS // 32
    assert costs.of(lambda saver: saver.delete_thread("t")) <= 12


def test_an_old_checkpoint_is_in_one_segment(costs: Costs) -> None:
    """Also at a seam of two segments, where its writes are in the next one: that has both."""
    ids = steps(costs.saver(), CHECKPOINTS)
    asked = Counter[int]()
    for number in [*range(0, CHECKPOINTS, 10), *range(28, 34), *range(CHECKPOINTS - 14, 195)]:

        def load(saver: StorageSaver, number: int = number) -> None:
            found = get(saver, named(checkpoint=ids[number]))
            assert len(found.checkpoint["channel_values"]["messages"]) == number + 1
            assert len(found.pending_writes or []) == 2

        asked[costs.of(load)] += 1
    assert max(asked) <= 3, asked
    assert costs.of(lambda saver: saver.get_tuple(named(checkpoint="1"))) == 2


def test_so_is_one_that_is_much_older(opened: Opened, backend: CountingBackend) -> None:
    """Whose place is not exact any more; and whose writes came two steps later."""
    count, saver = places.EXACT + 150, opened()
    for number in range(count):
        put(saver, ROOT, f"{number:04}", a=number)
        if number >= 2:
            saver.put_writes(named(checkpoint=f"{number - 2:04}"), [("a", number)], "task")
    for number in range(0, 150, 3):
        reader = opened()
        backend.reset()
        assert len(writes_of(reader, named(checkpoint=f"{number:04}"))) == 1
        assert backend.total <= 3, number
    backend.reset()
    assert opened().get_tuple(named(checkpoint="0047 is none")) is None
    assert backend.total <= 3


def test_a_read_of_an_unchanged_thread_has_no_body(
    opened: Opened, backend: CountingBackend
) -> None:
    saver = opened()
    steps(saver, 3)
    backend.reset()
    assert get(saver, named())
    assert (backend.total, backend.not_modified) == (2, 2)


def test_a_put_is_one_request_and_so_are_its_writes(
    opened: Opened, backend: CountingBackend
) -> None:
    saver = opened()
    steps(saver, 1)
    backend.reset()
    steps(saver, 10)
    assert dict(backend.operations) == {"put": 20}
    assert all("/writes." in str(key) for _, key in backend.calls[1::2])


def test_the_second_document_does_not_grow(opened: Opened, backend: CountingBackend) -> None:
    saver = opened()
    steps(saver, 100)
    keys = [blob.key for blob in backend.inner.list("", limit=1000).blobs]
    assert [key for key in keys if "/writes." in key] == [
        saver.documents.key("t", "", leaf="writes")
    ]
    key = saver.documents.key("t", "", leaf="writes")
    assert len(saver.documents.store.history(key, limit=None)) <= 32
