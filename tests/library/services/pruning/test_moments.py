"""Somebody writes a thread, or the run is killed, at each moment of an expiry."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from ingenious_storage import Storage
from ingenious_storage.backends.inmemory import InMemoryBackend
from ingenious_storage.config import Settings, StorageSettings
from ingenious_storage.errors import ConflictError
from tests.library.services.pruning.ageing import Ageing

TTL = timedelta(days=30)
NAMESPACES = ("", "child")
OLD = {"": ["old"], "child": ["old"]}
Opened = Callable[[], Storage]


class KilledError(BaseException):
    """The process ends."""


def idle_thread() -> tuple[Ageing, Opened]:
    data, other = Ageing(InMemoryBackend()), InMemoryBackend()

    def opened() -> Storage:
        settings = StorageSettings(type="inmemory", workers=1)
        containers = {settings.container_data: data, settings.container_revisions: other}
        return Storage(Settings(settings), backend=lambda _, name: containers[name])

    for namespace in NAMESPACES:
        add(opened(), namespace, "old")
    data.put_forward(2 * TTL)
    data.reset()
    return data, opened


def add(storage: Storage, namespace: str, item: str) -> None:
    agents = storage.agents("langgraph")
    agents.change("t", namespace, leaf="state", fn=lambda data: [*(data or []), item])


def seen(storage: Storage) -> dict[str, Any]:
    agents = storage.agents("langgraph")
    return {
        name.parts[1]: agents.store.load(agents.key(*name.parts, leaf="state")).data
        for name in agents.names("t")
    }


@pytest.mark.parametrize("written", NAMESPACES)
def test_a_writer_at_each_moment_loses_nothing_and_sees_all_or_nothing(written: str) -> None:
    whole = begun_anew = 0
    for at in itertools.count():
        data, opened = idle_thread()
        wrote: list[bool] = []

        def meanwhile(number: int, at: int = at, opened: Opened = opened) -> None:
            if number == at:
                wrote.append(True)  # noqa: B023  # this turn's
                try:
                    add(opened(), written, "new")
                except ConflictError:  # it was deleted between its look and its write
                    add(opened(), written, "new")

        data.meanwhile = meanwhile
        opened().prune(ttl={"langgraph": TTL})
        data.meanwhile = None
        found = seen(opened())
        if not wrote:
            assert found == {}
            break
        if found == OLD | {written: ["old", "new"]}:
            whole += 1
        else:
            assert found == {written: ["new"]}
            begun_anew += 1
    assert whole > 5
    assert begun_anew > 5


@pytest.mark.parametrize("comes_back", [False, True])
def test_a_run_that_is_killed_at_each_moment_is_ended_by_the_next(*, comes_back: bool) -> None:
    for at in itertools.count():
        data, opened = idle_thread()

        def kill(number: int, at: int = at) -> None:
            if number == at:
                raise KilledError

        data.meanwhile = kill
        try:
            opened().prune(ttl={"langgraph": TTL})
            break
        except KilledError:
            data.meanwhile = None
        before = seen(opened())
        if comes_back and before.get("child") == ["old"]:
            add(opened(), "child", "new")
            opened().prune(ttl={"langgraph": TTL})
            assert seen(opened()) == {"": ["old"], "child": ["old", "new"]}
        else:
            opened().prune(ttl={"langgraph": TTL})
            assert seen(opened()) == {}
            assert [blob.key for blob in data.inner.list("history/").blobs] == []
            assert opened().verify()["data"].problems == ()
    assert at > 8
