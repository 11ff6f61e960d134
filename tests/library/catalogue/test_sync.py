"""A sync makes the index equal to what is stored, and reads what has changed alone."""

from __future__ import annotations

import pickle
import threading
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from itertools import islice
from pathlib import Path
from typing import Any

import pytest

from ingenious_storage import Storage
from ingenious_storage.backends.base import GET_DEFAULTS
from ingenious_storage.catalogue import DocumentKind, Found
from ingenious_storage.catalogue.sync import NAMED
from ingenious_storage.config import Settings, StorageSettings
from ingenious_storage.errors import (
    ConfigurationError,
    PermissionDeniedError,
    StorageError,
    UnavailableError,
)
from tests.library.catalogue.machines import (
    Machines,
    Shuffled,
    failing,
    fill,
    reads,
    rows,
    say,
    texts,
)
from tests.support.faults import FaultyBackend, Rule, after, before


def away() -> StorageError:
    return UnavailableError("away", retryable=False)


def test_what_is_stored_is_in_the_index(machines: Machines) -> None:
    with machines.open() as storage:
        storage.memory.save_memory("c", say("hello"), author="ann", message="why", tags=["vip"])
        storage.prompts.create_set("s")
        storage.prompts.commit("s", {"a.md": "prompt text"})
        storage.prompts.set_label("production", "s")
        report = storage.catalogue.sync()
        snapshot = storage.memory.snapshot("c")
    assert (report.listed, report.read, report.removed, report.damaged) == (3, 3, 0, 0)
    [row] = rows(machines.path()).values()
    assert (row.kind, row.name, row.text) == ("memory", "c", "hello")
    assert (row.author, row.message, row.tags) == ("ann", "why", ("vip",))
    assert (row.revision, row.size, row.deleted) == (1, snapshot.revision.size, False)
    assert row.changed == snapshot.revision.created_at
    assert row.etag == machines.data.head(row.key).etag
    assert texts(machines.path(), "prompts") == {"s": "a.md\nprompt text"}
    assert texts(machines.path(), "label") == {"production": "s"}


def test_what_changed_is_read_and_nothing_else(machines: Machines) -> None:
    with machines.open() as storage:
        fill(storage, 20)
        storage.catalogue.sync()
        storage.memory.save_memory("c7", say("changed"))
        storage.memory.save_memory("new", say("new"))
        machines.forget_requests()
        report = storage.catalogue.sync()
    assert (report.listed, report.read, report.removed) == (21, 2, 0)
    assert reads(machines) == 2
    assert texts(machines.path())["c7"] == "changed"
    assert texts(machines.path())["new"] == "new"


def test_a_sync_without_a_change_lists_and_that_is_all(machines: Machines) -> None:
    with machines.open() as storage:
        fill(storage, 20)
        storage.catalogue.sync()
        machines.forget_requests()
        storage.catalogue.sync()
    assert {operation for operation, _ in machines.requests} == {"list"}
    assert len(machines.requests) == 3


def test_a_deleted_document_keeps_its_text_and_is_marked(machines: Machines) -> None:
    with machines.open() as storage:
        for _ in range(2):  # the second delete has a deletion in its history
            storage.memory.save_memory("c", say("please come back"))
            storage.memory.delete_memory("c", author="ann")
        storage.catalogue.sync()
        [row] = rows(machines.path()).values()
        assert (row.deleted, row.text, row.author) == (True, "please come back", "ann")
        storage.memory.restore_memory("c")
        storage.catalogue.sync()
    [row] = rows(machines.path()).values()
    assert (row.deleted, row.text, row.revision) == (False, "please come back", 5)


def test_a_purged_document_goes_and_its_tombstone_is_read_once(machines: Machines) -> None:
    with machines.open() as storage:
        fill(storage, 3)
        storage.catalogue.sync()
        storage.memory.purge_memory("c1")
        report = storage.catalogue.sync()
        assert (report.read, report.removed) == (1, 1)
        assert set(texts(machines.path())) == {"c0", "c2"}
        machines.forget_requests()
        assert storage.catalogue.sync().read == 0
        assert reads(machines) == 0
        storage.memory.save_memory("c1", say("again"))
        storage.catalogue.sync()
        assert texts(machines.path())["c1"] == "again"
        storage.memory.purge_memory("c1")
        storage.catalogue.sync()
        storage.gc(grace=timedelta(0))
        assert storage.catalogue.sync().removed == 0
    assert set(texts(machines.path())) == {"c0", "c2"}


def test_one_that_goes_between_listing_and_reading(machines: Machines) -> None:
    with machines.open() as storage:
        fill(storage, 3)
        key = storage.memory.kind.key("c1")
        faulty = machines.faulty["ingenious-data"]
        vanish = before(lambda: faulty.inner.delete(key))
        faulty.rule = lambda request: (
            vanish if (request.operation, request.key) == ("get", key) else None
        )
        assert storage.catalogue.sync().damaged == 0
    assert set(texts(machines.path())) == {"c0", "c2"}


def test_a_damaged_document_is_reported_and_keeps_its_row(machines: Machines) -> None:
    with machines.open() as storage:
        fill(storage, 3)
        storage.catalogue.sync()
        key = storage.memory.kind.key("c1")
        store = machines.faulty["ingenious-data"].inner
        store.put(key, store.get(key, GET_DEFAULTS).data[:-5])
        for _ in range(2):  # until it is mended
            report = storage.catalogue.sync()
            assert (report.damaged, report.unreadable) == (1, (key,))
    assert texts(machines.path())["c1"] == "text 1"


def test_a_report_names_the_first_of_many_damaged_ones(machines: Machines) -> None:
    with machines.open() as storage:
        for number in range(NAMED + 5):
            machines.data.put(f"conversations/c{number}/memory.json", b"{}")
        report = storage.catalogue.sync()
    assert (report.damaged, len(report.unreadable)) == (NAMED + 5, NAMED)


def test_blobs_that_are_no_documents_are_left_alone(machines: Machines) -> None:
    with machines.open() as storage:
        fill(storage, 1)
        for key in ("conversations/readme.txt", "conversations/a/b/memory.json", "mine/file"):
            storage.data.save_text(key, "{}")
        report = storage.catalogue.sync()
    assert (report.listed, report.damaged) == (1, 0)


def test_no_container_is_made_and_none_is_nothing(machines: Machines, tmp_path: Path) -> None:
    settings = StorageSettings(base_path=tmp_path / "there", catalogue={"path": machines.path()})
    with Storage(Settings(storage=settings)) as storage:
        assert storage.catalogue.sync().listed == 0
    assert not (tmp_path / "there" / "ingenious-data").exists()


def test_an_interrupted_sync_goes_on_where_it_was(machines: Machines) -> None:
    with machines.open(workers=1) as storage:
        fill(storage, 650)
        faulty = machines.faulty["ingenious-data"]
        faulty.rule = behind(faulty, 500, failing(away()))
        with pytest.raises(UnavailableError, match="away"):
            storage.catalogue.sync()
        done = len(rows(machines.path()))
        assert done % 200 == 0
        assert done >= 200
        faulty.rule = None
        assert storage.catalogue.sync().read == 650 - done
    assert len(rows(machines.path())) == 650


def behind(faulty: FaultyBackend, number: int, rule: Rule) -> Rule:
    begun = len(faulty.requests)
    return lambda request: rule(request) if request.position > begun + number else None


def test_the_order_of_the_listing_does_not_matter(machines: Machines) -> None:
    machines.around = Shuffled
    with machines.open() as storage:
        fill(storage, 25)
        storage.catalogue.sync()
        storage.memory.save_memory("c3", say("changed"))
        storage.memory.purge_memory("c9")
        report = storage.catalogue.sync()
    assert (report.listed, report.read, report.removed) == (25, 2, 1)
    assert len(rows(machines.path())) == 24


def test_two_syncs_at_once_do_no_harm(machines: Machines) -> None:
    with machines.open() as one, machines.open() as other:
        fill(one, 400)
        one.catalogue.sync()
        one.memory.save_many({f"c{n}": say("changed") for n in range(0, 400, 2)})
        for n in range(1, 100, 2):
            one.memory.purge_memory(f"c{n}")
        threads = [threading.Thread(target=storage.catalogue.sync) for storage in (one, other, one)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert one.catalogue.sync().read == 0
    found = texts(machines.path())
    assert len(found) == 350
    assert {found[f"c{n}"] for n in range(0, 400, 2)} == {"changed"}


def test_what_another_sync_puts_meanwhile_stays(machines: Machines) -> None:
    """A listing that is older than a row does not take the row away."""
    with machines.open() as one, machines.open() as other:
        fill(one, 5)
        one.catalogue.sync()
        faulty = machines.faulty["ingenious-data"]

        def meanwhile() -> None:
            faulty.rule = None
            other.memory.save_memory("late", say("late"))
            other.catalogue.sync()

        faulty.rule = lambda request: after(meanwhile) if request.operation == "list" else None
        one.catalogue.sync()
    assert "late" in texts(machines.path())


def test_progress_counts_what_is_listed_and_read(machines: Machines) -> None:
    seen: list[tuple[int, int]] = []
    with machines.open() as storage:
        fill(storage, 450)
        report = storage.catalogue.sync(progress=lambda listed, read: seen.append((listed, read)))
    assert seen == sorted(seen)
    assert seen[-1] == (report.listed, report.read) == (450, 450)
    assert len(seen) >= 6


def test_a_container_that_refuses_is_told_and_the_other_is_read(machines: Machines) -> None:
    with machines.open() as storage:
        fill(storage, 2)
        storage.prompts.create_set("s")
        storage.catalogue.sync()
        storage.memory.save_memory("c0", say("changed"))
        denied = failing(PermissionDeniedError("not you"))
        machines.faulty["ingenious-revisions"].rule = denied
        report = storage.catalogue.sync()
        assert {role: str(error) for role, error in report.refused.items()} == {
            "revisions": "not you"
        }
        assert texts(machines.path())["c0"] == "changed"
        assert set(rows(machines.path(), "prompts")) == {"s"}
        machines.faulty["ingenious-data"].rule = denied
        with pytest.raises(PermissionDeniedError, match="not you"):
            storage.catalogue.sync()


def test_a_damaged_file_is_made_anew(machines: Machines) -> None:
    with machines.open() as storage:
        fill(storage, 5)
        storage.catalogue.sync()
    machines.path().write_bytes(b"this is no index" * 1000)
    with machines.open() as storage:
        assert storage.catalogue.sync().read == 5
    assert len(rows(machines.path())) == 5


def test_the_index_of_another_storage_is_refused(machines: Machines, tmp_path: Path) -> None:
    with machines.open() as storage:
        fill(storage, 5)
        storage.catalogue.sync()
    with machines.open(container_data="another-container") as storage:
        with pytest.raises(ConfigurationError, match="another storage"):
            storage.catalogue.sync()
        assert len(rows(machines.path())) == 5
        storage.catalogue.rebuild()
    assert rows(machines.path()) == {}


@pytest.mark.parametrize("size", [1, 3, 1000])
def test_a_rebuild_is_read_by_others_and_written_by_one(machines: Machines, size: int) -> None:
    def spread(kind: DocumentKind, keys: Iterator[str]) -> Iterator[list[Found]]:
        while part := list(islice(keys, size)):
            with machines.open("other") as other:
                yield pickle.loads(pickle.dumps(other.catalogue.read(kind, part)))

    with machines.open() as storage, machines.open("third") as third:
        fill(storage, 7)
        storage.memory.delete_memory("c1")
        storage.memory.purge_memory("c2")
        storage.prompts.create_set("s", {"a.md": "text"})
        storage.prompts.set_label("production", "s")
        machines.faulty["ingenious-data"].inner.put("conversations/c3/memory.json", b"<html>")
        whole = third.catalogue.rebuild()
        assert (whole.listed, whole.damaged, whole.unreadable) == (
            9,
            1,
            ("conversations/c3/memory.json",),
        )
        assert storage.catalogue.rebuild(spread=spread) == whole
    for kind in ("memory", "prompts", "label"):
        assert rows(machines.path(), kind) == rows(machines.path("third"), kind)
    assert not machines.path("other").exists()


def test_a_rebuild_reads_every_document(machines: Machines) -> None:
    with machines.open() as storage:
        fill(storage, 5)
        storage.catalogue.publish()
        machines.forget_requests()
        report = storage.catalogue.rebuild()
    assert (report.read, report.from_snapshot) == (5, False)
    assert reads(machines) == 5


def test_hidden_ids_are_read_in_the_documents(machines: Machines, key_file: Path) -> None:
    encryption = {"provider": "key_file", "key_file": key_file, "hide_ids": True}
    with machines.open(encryption=encryption, catalogue={"plain_index": True}) as storage:
        storage.memory.save_memory("+49 171", say("hello"))
        storage.memory.save_memory("x" * 500, say("long"))
        storage.catalogue.sync()
        machines.forget_requests()
        assert storage.catalogue.sync().read == 0
    assert texts(machines.path()) == {"+49 171": "hello", "x" * 500: "long"}


def test_long_ids_are_read_in_the_documents(machines: Machines) -> None:
    with machines.open() as storage:
        storage.memory.save_memory("x" * 500, say("long"))
        storage.catalogue.sync()
    assert texts(machines.path()) == {"x" * 500: "long"}


def test_all_layers_on(machines: Machines, key_file: Path) -> None:
    layers: dict[str, Any] = {
        "compression": {"enabled": True},
        "encryption": {"provider": "key_file", "key_file": key_file},
        "cache": {"max_bytes": 1_000_000, "max_age": 3600.0},
    }
    with (
        machines.open(**layers, catalogue={"plain_index": True}) as storage,
        machines.open("second", **layers) as other,
    ):
        fill(storage, 20)
        storage.catalogue.sync()
        assert storage.memory.load_memory("c1") == say("text 1")
        remembered = storage.data.backend.remembered_bytes  # type: ignore[attr-defined]
        other.memory.save_memory("c1", say("by another"))
        report = storage.catalogue.sync()
        assert report.read == 1
        assert storage.data.backend.remembered_bytes == remembered  # type: ignore[attr-defined]
        assert storage.catalogue.sync().read == 0
    assert texts(machines.path())["c1"] == "by another"


def test_when_it_began_is_what_the_index_is_of(machines: Machines) -> None:
    moments: Iterator[datetime] = iter(
        [datetime(2026, 1, 1, tzinfo=UTC), datetime(2026, 1, 2, tzinfo=UTC)]
    )
    with machines.open() as storage:
        storage.catalogue._clock = lambda: next(moments)
        fill(storage, 1)
        storage.catalogue.sync()
        assert storage.catalogue.status().synced_at == datetime(2026, 1, 1, tzinfo=UTC)
        machines.faulty["ingenious-data"].rule = failing(away())
        with pytest.raises(UnavailableError):
            storage.catalogue.sync()
        status = storage.catalogue.status()
        assert (status.synced_at, status.complete) == (datetime(2026, 1, 1, tzinfo=UTC), False)
