"""A published snapshot: what it holds, who begins with it, and that nothing else minds it."""

from __future__ import annotations

import io
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import orjson
import pytest
import zstandard as zstd

from ingenious_storage import Storage
from ingenious_storage.catalogue import snapshot
from ingenious_storage.config import Settings, StorageSettings
from ingenious_storage.errors import (
    ConflictError,
    CorruptObjectError,
    PermissionDeniedError,
    PublishRefusedError,
    UnsupportedFormatError,
)
from tests.library.catalogue.machines import Machines, failing, fill, rows, say, texts
from tests.support.faults import before

DATA, REVISIONS = "ingenious-data", "ingenious-revisions"
MOMENT = datetime(2026, 1, 1, tzinfo=UTC)


def lines(blob: bytes) -> list[Any]:
    text = zstd.ZstdDecompressor().decompressobj().decompress(blob)
    return [orjson.loads(line) for line in text.splitlines()]


def packed(records: list[Any]) -> bytes:
    return zstd.ZstdCompressor().compress(b"".join(orjson.dumps(each) + b"\n" for each in records))


@pytest.fixture
def published(machines: Machines) -> Machines:
    """Of 30 memories and a prompt set."""
    with machines.open() as storage:
        fill(storage, 30)
        storage.prompts.create_set("s")
        storage.prompts.commit("s", {"a.md": "prompt text"})
        storage.catalogue.publish()
    machines.forget_requests()
    return machines


def test_each_container_has_what_is_in_it(published: Machines) -> None:
    for container, kind, number in ((DATA, "memory", 30), (REVISIONS, "prompts", 1)):
        header, *records, trailer = lines(published.raw(container)[snapshot.KEY])
        assert header["format"] == "ingenious.catalogue/1"
        assert {record["kind"] for record in records} == {kind}
        assert len(records) == trailer["documents"] == number


def test_what_was_published_is_told(tmp_path: Path) -> None:
    settings = StorageSettings(base_path=tmp_path, catalogue={"path": tmp_path / "catalogue.db"})
    with Storage(Settings(storage=settings)) as storage:
        fill(storage, 3)
        done = storage.catalogue.publish()
        stored = storage.data.load_bytes(snapshot.KEY)
    assert not done.refused
    assert set(done.done) == {"data"}  # the other container is not there
    told = done.done["data"]
    assert (told.key, told.documents, told.bytes) == (snapshot.KEY, 3, len(stored))
    assert not (tmp_path / "ingenious-revisions").exists()


def test_a_new_machine_begins_with_it_and_reads_what_changed(published: Machines) -> None:
    with published.open() as storage:
        storage.memory.save_memory("c1", say("changed"))
        storage.memory.purge_memory("c2")
    published.forget_requests()
    with published.open("second") as storage:
        report = storage.catalogue.sync()
    assert (report.from_snapshot, report.read, report.removed) == (True, 2, 1)
    keys = {key for operation, key in published.requests if operation == "get"}
    assert keys == {snapshot.KEY, "conversations/c1/memory.json", "conversations/c2/memory.json"}
    found = rows(published.path("second"))
    assert found["c1"].text == "changed"
    assert "c2" not in found
    del found["c1"]
    first = rows(published.path())
    assert {name: first[name] for name in found} == found
    assert texts(published.path("second"), "prompts") == {"s": "a.md\nprompt text"}


def test_one_that_has_synced_does_not_ask_for_it(published: Machines) -> None:
    with published.open() as storage:
        report = storage.catalogue.sync()
    assert not report.from_snapshot
    assert snapshot.KEY not in {key for _, key in published.requests}


def test_none_is_published(machines: Machines) -> None:
    with machines.open() as storage:
        fill(storage, 3)
        machines.forget_requests()
        report = storage.catalogue.sync()
    assert (report.from_snapshot, report.unreadable) == (False, ())
    assert len([call for call in machines.requests if call[1] == snapshot.KEY]) == 2


def changed(records: list[Any], **fields: Any) -> list[Any]:
    return [records[0], {**records[1], **fields}, *records[2:]]


DAMAGE: dict[str, Callable[[bytes, list[Any]], bytes]] = {
    "cut": lambda blob, _: blob[:-20],
    "another byte": lambda blob, _: blob[:100] + bytes([blob[100] ^ 1]) + blob[101:],
    "empty": lambda _blob, _records: b"",
    "no snapshot": lambda _blob, _records: b"hello",
    "another text": lambda _, records: packed(changed(records, text="planted")),
    "a row less": lambda _, records: packed([records[0], *records[2:]]),
    "no end": lambda _, records: packed(records[:-1]),
    "more behind its end": lambda _, records: packed([*records, records[1]]),
    "another version": lambda _, records: packed([{**records[0], "rows": 0}, *records[1:]]),
    "another format": lambda _, records: packed([{**records[0], "format": "x/1"}, *records[1:]]),
    "a key of the other container": lambda _, records: packed(
        changed(records, key="labels/x.json", kind="label")
    ),
    "no time zone": lambda _, records: packed(changed(records, changed="2026-01-01T00:00:00")),
    "no JSON": lambda *_: zstd.ZstdCompressor().compress(b"hello\n"),
    "no lines": lambda *_: zstd.ZstdCompressor().compress(b"{}"),
}


@pytest.mark.parametrize("damage", DAMAGE)
def test_a_damaged_one_is_never_believed(published: Machines, damage: str) -> None:
    blob = published.raw()[snapshot.KEY]
    published.faulty[DATA].inner.put(snapshot.KEY, DAMAGE[damage](blob, lines(blob)))
    with published.open("second") as storage:
        report = storage.catalogue.sync()
    assert report.unreadable == (snapshot.KEY,)
    assert report.read == 30
    assert rows(published.path("second")) == rows(published.path())


def test_a_line_that_is_too_long_is_not_held(published: Machines) -> None:
    frame = zstd.ZstdCompressor().compress(b"0" * 300_000_000)
    with pytest.raises(CorruptObjectError):
        list(snapshot.read(io.BytesIO(frame), largest=1, fits=lambda _row: True))


def test_one_of_another_release_is_named() -> None:
    blob = packed([{"format": "ingenious.catalogue/2", "rows": 9}])
    with pytest.raises(UnsupportedFormatError, match="another release"):
        list(snapshot.read(io.BytesIO(blob), largest=1, fits=lambda _row: True))


def test_the_error_of_a_damaged_one_shows_nothing_of_it(published: Machines) -> None:
    records = changed(lines(published.raw()[snapshot.KEY]), revision="secret words")
    with pytest.raises(CorruptObjectError) as caught:
        list(snapshot.read(io.BytesIO(packed(records)), largest=1, fits=lambda _row: True))
    assert "secret" not in str(caught.value)


def test_publishing_again_replaces_it(published: Machines) -> None:
    with published.open() as storage:
        storage.memory.save_memory("new", say("new"))
        storage.catalogue.publish()
    assert [key for key in published.raw() if key.startswith("catalogue/")] == [snapshot.KEY]
    assert lines(published.raw()[snapshot.KEY])[-1]["documents"] == 31


def test_of_two_who_publish_at_once_one_is_told(published: Machines) -> None:
    faulty = published.faulty[DATA]
    with published.open() as storage, published.open("second") as other:

        def meanwhile() -> None:
            faulty.rule = None
            other.catalogue.publish()

        faulty.rule = lambda request: before(meanwhile) if request.operation == "upload" else None
        with pytest.raises(ConflictError, match="another snapshot"):
            storage.catalogue.publish()


def test_what_is_erased_while_it_is_published_is_not_left_there(published: Machines) -> None:
    """By another machine, which found the old snapshot and deleted it, or came before the new."""
    faulty = published.faulty[DATA]
    with published.open() as storage, published.open("second") as other:

        def meanwhile() -> None:
            faulty.rule = None
            other.memory.purge_memory("c5")

        faulty.rule = lambda request: before(meanwhile) if request.operation == "upload" else None
        storage.catalogue.publish()
    names = {record.get("name") for record in lines(published.raw()[snapshot.KEY])}
    assert "c6" in names
    assert "c5" not in names


def test_a_container_that_cannot_be_written_is_told(published: Machines) -> None:
    denied = failing(PermissionDeniedError("not you"))
    with published.open() as storage:
        published.faulty[REVISIONS].rule = lambda request: (
            denied(request) if request.operation == "upload" else None
        )
        done = storage.catalogue.publish()
        assert set(done.done) == {"data"}
        assert set(done.refused) == {"revisions"}
        published.faulty[DATA].rule = published.faulty[REVISIONS].rule
        with pytest.raises(PermissionDeniedError):
            storage.catalogue.publish()


def test_nothing_is_published_while_encryption_is_on(machines: Machines, key_file: Path) -> None:
    encryption = {"provider": "key_file", "key_file": key_file}
    with machines.open(encryption=encryption, catalogue={"plain_index": True}) as storage:
        fill(storage, 3)
        with pytest.raises(PublishRefusedError) as caught:
            storage.catalogue.publish()
    assert "index sync" in caught.value.hint
    assert not any(key.startswith("catalogue/") for key in machines.raw())


def test_what_was_published_disturbs_nobody(published: Machines) -> None:
    with published.open() as storage:
        for report in storage.verify().values():
            assert not report.problems
        assert not any(report.keys for report in storage.gc(grace=timedelta(0)).values())
        assert not any(storage.repair().values())
        assert len(list(storage.memory.list_conversations())) == 30
        assert list(storage.prompts.list_sets()) == ["s"]
    assert snapshot.KEY in published.raw()


def test_nothing_is_left_beside_the_index(published: Machines) -> None:
    with published.open("second") as storage:
        storage.catalogue.sync()
        storage.catalogue.publish()
    assert {path.name for path in published.path("second").parent.iterdir()} == {"catalogue.db"}
