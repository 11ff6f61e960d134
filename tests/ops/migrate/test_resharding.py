"""Shards added and taken away by a copy: nothing is lost, each document lies where it belongs."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import NoReturn

import pytest

from ingenious_ops.migrate.verification import verify
from ingenious_storage import Storage
from ingenious_storage.backends.base import Backend
from ingenious_storage.backends.local.backend import LocalBackend
from ingenious_storage.backends.sharded.placement import Placement
from ingenious_storage.config import Settings, StorageSettings
from ingenious_storage.documents.format import segment
from ingenious_storage.errors import ConfigurationError, UnavailableError
from ingenious_storage.wiring import build_backend
from tests.ops.migrate.harness import Migration, counts, data_of
from tests.support.faults import Fault, FaultyBackend, Request, Rule

IDS = [f"thread-{number}" for number in range(25)]


@pytest.fixture(autouse=True)
def _small_segments(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(segment, "MAX_ENTRIES", 2)


def settings(folder: Path, shards: str, container: str) -> Settings:
    """Of one folder for "", else of a folder for each letter: an account each."""
    store = {name: {"type": "local", "local": {"base_path": str(folder / name)}} for name in shards}
    chosen = {"type": "sharded", "sharded": {"shards": store}} if shards else {"type": "local"}
    names = {"container_data": container, "container_revisions": f"{container}-revisions"}
    base = {} if shards else {"base_path": str(folder)}
    return Settings(storage=StorageSettings(**chosen, **base, **names))


@contextmanager
def opened(*each: Settings) -> Iterator[tuple[Storage, ...]]:
    with ExitStack() as stack:
        yield tuple(stack.enter_context(Storage(one)) for one in each)


def fill(storage: Storage) -> None:
    for name in IDS:
        for number in range(4):
            storage.memory.save_memory(name, {"number": number, "of": name})
    storage.memory.delete_memory(IDS[0])


def check(storage: Storage, folder: Path, shards: str, container: str) -> None:
    assert sorted(storage.memory.list_conversations()) == sorted(IDS[1:])
    for name in IDS[1:]:
        assert storage.memory.load_memory(name, revision=1) == {"number": 0, "of": name}
        assert storage.memory.load_memory(name) == {"number": 3, "of": name}
    assert not any(report.problems for report in storage.verify().values())
    placement = Placement(shards)
    for shard in shards:
        for info in LocalBackend(folder / shard / container).iterate("conversations/"):
            assert placement.shard_of(info.key) == shard


@pytest.mark.slow
@pytest.mark.parametrize(("old", "new"), [("", "ab"), ("ab", "abc"), ("abc", "ac"), ("ab", "")])
def test_a_copy_into_another_layout(tmp_path: Path, old: str, new: str) -> None:
    """The same folders stand for the same accounts: the new layout has containers of its own."""
    with opened(settings(tmp_path, old, "one"), settings(tmp_path, new, "two")) as (there, here):
        fill(there)
        migration = Migration(data_of(there), data_of(here), tmp_path / "journal")
        blobs = sum(1 for _ in there.data.list_blobs())
        assert counts(migration()) == {"copied": blobs}
        assert verify(migration.ends).passed
        assert counts(migration()) == {"unchanged": blobs}
        there.memory.save_memory(IDS[1], {"number": 4, "of": IDS[1]})  # while it still runs
        assert not verify(migration.ends).passed
        migration()
        assert verify(migration.ends).passed
        assert here.memory.load_memory(IDS[1])["number"] == 4
        here.memory.rollback(IDS[1], 4)
        if new:
            check(here, tmp_path, new, "two")


@pytest.mark.slow
def test_a_copy_that_is_cut_goes_on(tmp_path: Path) -> None:
    """By its journal; until it is whole, the old layout is as it was."""
    one, two = settings(tmp_path, "ab", "one"), settings(tmp_path, "abc", "two")
    with opened(one, two) as (there, here):
        fill(there)
        left = iter(range(40))

        def rule(request: Request) -> Fault | None:
            return fails if request.operation == "put" and next(left, None) is None else None

        def fails(*_: object) -> NoReturn:
            raise UnavailableError("the account is away", retryable=False)

        there_before = {info.key: info.etag for info in there.data.list_blobs()}
        with Storage(two, backend=_faulty(rule)) as cut:
            report = Migration(data_of(there), data_of(cut), tmp_path / "journal")()
            assert counts(report).get("copied", 0) < len(there_before)
        migration = Migration(data_of(there), data_of(here), tmp_path / "journal")
        migration()
        assert verify(migration.ends).passed
        check(here, tmp_path, "abc", "two")
        assert {info.key: info.etag for info in there.data.list_blobs()} == there_before


def _faulty(rule: Rule) -> Callable[[StorageSettings, str], Backend]:
    return lambda storage, name: FaultyBackend(build_backend(storage, name), rule)


def test_a_list_is_not_changed_in_place(tmp_path: Path) -> None:
    with opened(settings(tmp_path, "ab", "one"), settings(tmp_path, "abc", "one")) as (old, new):
        old.memory.save_memory("x", 1)
        for name in IDS:
            with pytest.raises(ConfigurationError, match=r"shard [ab] is one of a, b"):
                new.memory.save_memory(name, 1)
        assert [*old.memory.list_conversations()] == ["x"]
