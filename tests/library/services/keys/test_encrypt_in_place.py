"""`storage.keys.encrypt`: what was plain is sealed where it lies, whatever happens meanwhile."""

from __future__ import annotations

import pickle
import threading
from collections.abc import Iterator
from itertools import islice
from typing import Any

import pytest

from ingenious_storage import Storage
from ingenious_storage.backends.base import TEXT, BlobInfo, Properties, PutOptions
from ingenious_storage.config import Role
from ingenious_storage.errors import (
    ConfigurationError,
    InvalidKeyError,
    KeyRefusedError,
    NotEncryptedError,
    UnavailableError,
)
from ingenious_storage.services.keys import InPlaceReport, Outcome
from tests.library.services.keys.setting import MAGIC, Setting, conversations
from tests.support.faults import Request

DATA = "ingenious-data"
MIB = 1024 * 1024
KEY = "conversations/c0/memory.json"


def fill(storage: Storage) -> None:
    """Heads, a segment, markers, tombstones, files, and what is no document."""
    conversations(storage, 5)
    for number in range(40):
        message = {"role": "user", "content": f"words {number}"}
        storage.memory.append_messages("long", [message])
    storage.memory.save_memory("purged", 1)
    storage.memory.purge_memory("purged")
    storage.memory.delete_memory("c4")
    storage.data.save_text("notes/a file.txt", "words")
    storage.data.save_bytes("empty", b"")
    storage.data.save_bytes("large", bytes(range(251)) * (9 * MIB // 251))


def accepting(setting: Setting, **settings: Any) -> Storage:
    return setting.storage(encryption=setting.encryption(accept_plain=True), **settings)


def sealed(setting: Setting) -> set[bool]:
    return {data.startswith(MAGIC) for data in setting.blobs().values()}


def data_of(found: dict[Any, InPlaceReport]) -> tuple[int, int, int]:
    report = found["data"]
    assert report.failures == {}
    return report.written, report.already, report.gone


def read_all(storage: Storage) -> dict[str, bytes]:
    return {key: storage.data.load_bytes(key) for key in storage.data.list_keys()}


def test_all_of_a_plain_container(setting: Setting) -> None:
    setting.made()
    plain = setting.plain()
    fill(plain)
    plain.prompts.create_set("kept")
    before = setting.blobs()
    dry = accepting(setting).keys.encrypt(dry_run=True)
    assert data_of(dry) == (len(before), 0, 0)
    assert setting.stored() == before
    found = accepting(setting).keys.encrypt()
    assert data_of(found) == (len(before), 0, 0)
    assert found["data"].bytes == sum(map(len, before.values()))
    assert found["revisions"].written == 1
    assert sealed(setting) == {True}
    strict = setting.storage()
    assert read_all(strict) == before
    verified = strict.keys.verify()
    assert all(not each.problems and not each.strays for each in verified.values())
    assert strict.verify()["data"].problems == ()
    assert [m["content"] for m in strict.memory.load_memory("long")["messages"]][-1] == "words 39"


def test_a_document_has_one_key_and_a_tombstone_none(setting: Setting) -> None:
    setting.made()
    fill(setting.plain())
    accepting(setting).keys.encrypt()
    records = [key for key in setting.stored() if key.startswith("keys/documents/")]
    assert sorted(records) == [
        f"keys/documents/conversations/{name}/memory.json"
        for name in ("c0", "c1", "c2", "c3", "c4", "long")
    ]
    storage = setting.storage()
    receipt = storage.memory.purge_memory("long")
    assert receipt.keys is not None
    assert len(receipt.keys) == 1
    storage.memory.save_memory("purged", 2)  # on top of the old tombstone
    assert setting.storage().memory.load_memory("purged") == 2


def test_again_nothing_is_written(setting: Setting) -> None:
    setting.made()
    fill(setting.plain())
    accepting(setting).keys.encrypt()
    before = setting.stored()
    storage = accepting(setting)
    counting = setting.counting[DATA]
    counting.reset()
    found = storage.keys.encrypt()
    assert data_of(found) == (0, len(setting.blobs()), 0)
    assert setting.stored() == before
    assert counting.operations["put"] == counting.operations["upload"] == 0
    assert counting.operations["get"] == len(setting.blobs()) + 1  # the container's keys


@pytest.mark.parametrize("at", [3, 11, 40])
def test_a_run_that_was_stopped_goes_on(setting: Setting, at: int) -> None:
    setting.made()
    fill(setting.plain())
    before = setting.blobs()
    storage = accepting(setting, workers=1)

    def stop(request: Request) -> None:
        if request.position >= at:
            raise KeyboardInterrupt

    setting.faults[DATA].rule = stop
    with pytest.raises(KeyboardInterrupt):
        storage.keys.encrypt()
    found = accepting(setting).keys.encrypt()["data"]
    assert found.failures == {}
    assert sealed(setting) == {True}
    assert read_all(setting.storage()) == before


class Others:
    """Processes that are given `size` blobs at a time, and may die before they answer."""

    def __init__(self, setting: Setting, *, size: int, dry_run: bool = False) -> None:
        self.setting, self.size, self.dry_run = setting, size, dry_run

    def __call__(self, role: Role, blobs: Iterator[BlobInfo]) -> Iterator[list[Outcome]]:
        while part := list(islice(blobs, self.size)):
            self._done(role, part[: len(part) // 2 + 1])  # by one that died then
            yield self._done(role, part)

    def _done(self, role: Role, part: list[BlobInfo]) -> list[Outcome]:
        with accepting(self.setting) as other:
            sent = pickle.loads(pickle.dumps(part))
            return other.keys.encrypt_listed(role, sent, dry_run=self.dry_run)


@pytest.mark.parametrize("size", [1, 4, 1000])
def test_what_one_process_lists_others_encrypt_once_or_twice(setting: Setting, size: int) -> None:
    setting.made()
    fill(setting.plain())
    accepting(setting).memory.save_memory("encrypted", 1)
    before = setting.blobs()
    read = read_all(accepting(setting))
    dry = accepting(setting).keys.encrypt(
        dry_run=True, spread=Others(setting, size=size, dry_run=True)
    )
    assert data_of(dry) == (len(before) - 1, 1, 0)
    assert setting.blobs() == before
    told = list[Outcome]()
    found = accepting(setting).keys.encrypt(
        spread=Others(setting, size=size), on_progress=told.append
    )
    assert data_of(found) == (len(before) - 1, 1, 0)
    assert found["data"].bytes == dry["data"].bytes
    assert [outcome.key for outcome in told] == sorted(before)
    assert sealed(setting) == {True}
    assert read_all(setting.storage()) == read
    assert setting.storage().verify()["data"].problems == ()


def test_what_was_done_twice_is_read_back(setting: Setting) -> None:
    setting.made()
    setting.plain().data.save_text("notes", "words")
    listed = list(accepting(setting).data.list_blobs())
    (first,) = accepting(setting).keys.encrypt_listed("data", listed)
    store = setting.stores[DATA]
    data = bytearray(store.get("notes").data)
    data[-1] ^= 1
    store.put("notes", bytes(data))
    (second,) = accepting(setting).keys.encrypt_listed("data", listed)
    assert (first.done.value, second.done.value) == ("written", "failed")
    assert second.error is not None
    assert second.error.code == "corrupt_object"


def test_a_writer_meanwhile_wins(setting: Setting) -> None:
    setting.made()
    fill(setting.plain())
    storage = accepting(setting)
    faults, writer = setting.faults[DATA], accepting(setting)
    written: list[int] = []

    def rule(request: Request) -> None:
        if request.operation == "put" and request.key == KEY and len(written) < 3:
            written.append(writer.memory.save_memory("c0", {"n": len(written)}).number)

    faults.rule = rule
    found = storage.keys.encrypt()
    assert found["data"].failures == {}
    assert sealed(setting) == {True}
    assert setting.storage().memory.load_memory("c0") == {"n": 0}
    assert len(setting.storage().memory.history("c0")) == 2


def test_a_plain_writer_meanwhile_wins_too(setting: Setting) -> None:
    """Which must not be, and loses nothing all the same."""
    setting.made()
    fill(setting.plain())
    storage = accepting(setting)
    faults, writer = setting.faults[DATA], setting.plain()
    written: list[str] = []

    def rule(request: Request) -> None:
        if request.operation == "put" and request.key == "notes/a file.txt" and len(written) < 3:
            written.append(f"newer {len(written)}")
            writer.data.save_text("notes/a file.txt", written[-1])

    faults.rule = rule
    assert storage.keys.encrypt()["data"].failures == {}
    assert setting.storage().data.load_text("notes/a file.txt") == "newer 2"


def test_one_that_is_written_all_the_time_is_named(setting: Setting) -> None:
    setting.made()
    setting.plain().data.save_text("busy", "0")
    storage = accepting(setting)
    faults, writer = setting.faults[DATA], setting.plain()

    def rule(request: Request) -> None:
        if request.operation == "put" and request.key == "busy":
            writer.data.save_text("busy", str(request.position))

    faults.rule = rule
    found = storage.keys.encrypt()["data"]
    assert {key: error.code for key, error in found.failures.items()} == {"busy": "conflict"}


@pytest.mark.parametrize("operation", ["get", "put"])
def test_one_that_is_purged_or_deleted_meanwhile(setting: Setting, operation: str) -> None:
    setting.made()
    fill(setting.plain())
    storage = accepting(setting)
    faults, writer = setting.faults[DATA], accepting(setting)
    done = set[str]()

    def rule(request: Request) -> None:
        if request.operation == operation and request.key in {KEY, "empty"} - done:
            done.add(request.key)
            if request.key == KEY:
                writer.memory.purge_memory("c0")
            else:
                writer.data.delete("empty")

    faults.rule = rule
    found = storage.keys.encrypt()["data"]
    assert (found.failures, found.gone) == ({}, 1)
    assert sealed(setting) == {True}
    after = setting.storage()
    assert "c0" not in list(after.memory.list_conversations())
    after.memory.save_memory("c0", "anew")
    assert setting.storage().memory.load_memory("c0") == "anew"
    assert setting.storage().keys.verify()["data"].problems == []


def test_answers_that_are_lost(setting: Setting) -> None:
    setting.made()
    fill(setting.plain())
    before = setting.blobs()
    storage = accepting(setting)
    lost = set[str]()

    def lose(_request: Request, call: Any) -> Any:
        call()
        raise UnavailableError("lost", outcome_unknown=True)

    def rule(request: Request) -> Any:
        if request.writes and request.key and request.key not in lost:
            lost.add(request.key)
            return lose
        return None

    setting.faults[DATA].rule = rule
    assert storage.keys.encrypt()["data"].failures == {}
    assert sealed(setting) == {True}
    assert read_all(setting.storage()) == before


def test_what_is_read_back_is_compared(setting: Setting) -> None:
    setting.made()
    setting.plain().data.save_text("a", "words")
    storage = accepting(setting)
    reads: list[int] = []

    def rule(request: Request) -> Any:
        if request.operation == "get" and request.key == "a":
            reads.append(1)
            if len(reads) == 3:  # looked at, read, read back
                return lambda _request, call: _flipped(call())
        return None

    setting.faults[DATA].rule = rule
    found = storage.keys.encrypt()["data"]
    assert {key: error.code for key, error in found.failures.items()} == {"a": "corrupt_object"}


def _flipped(blob: Any) -> Any:
    return type(blob)(blob.data[:-1] + bytes((blob.data[-1] ^ 1,)), blob.info)


def test_a_document_that_three_runs_encrypt_has_one_key(setting: Setting) -> None:
    setting.made()
    fill(setting.plain())
    before = setting.blobs()
    runs = [accepting(setting) for _ in range(3)]
    threads = [threading.Thread(target=run.keys.encrypt) for run in runs]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sealed(setting) == {True}
    strict = setting.storage()
    assert read_all(strict) == before
    for name in ("c0", "long"):
        keys = strict.data.document_keys(f"conversations/{name}/memory.json")
        assert keys is not None
        assert len(keys) == 1


def test_properties_and_content_types_stay(setting: Setting) -> None:
    setting.made()
    setting.plain().data.save_text("other", "words")
    kept = Properties(content_language="de", metadata={"owner": "ann"})
    setting.stores[DATA].put("a", b"words", PutOptions(TEXT, kept))
    setting.stores[DATA].put("folder/", b"")
    accepting(setting).keys.encrypt()
    info = setting.stores[DATA].head("a")
    assert (info.content_type, info.properties) == (TEXT, kept)
    assert setting.stores[DATA].get("folder/").data == b""


def test_plain_is_refused_without_accepting_it(setting: Setting) -> None:
    setting.made()
    fill(setting.plain())
    with pytest.raises(NotEncryptedError):
        setting.storage().memory.load_memory("c0")
    with pytest.raises(ConfigurationError, match="accept_plain"):
        setting.storage().keys.encrypt()
    assert sealed(setting) == {False}


def test_a_name_that_is_kept_for_keys_is_refused_before_anything_is_written(
    setting: Setting,
) -> None:
    setting.made()
    setting.plain().data.save_text("keys/of the house", "words")
    setting.plain().data.save_text("a", "words")
    with pytest.raises(InvalidKeyError, match="keys/of the house"):
        accepting(setting).keys.encrypt()
    assert sealed(setting) == {False}


def test_conversations_under_their_ids_are_not_hidden_by_it(setting: Setting) -> None:
    setting.made()
    fill(setting.plain())
    hiding = setting.storage(encryption=setting.encryption(accept_plain=True, hide_ids=True))
    with pytest.raises(ConfigurationError, match="under their ids"):
        hiding.keys.encrypt()
    assert sealed(setting) == {False}


def test_without_its_key_it_ends_at_once(setting: Setting) -> None:
    setting.made()
    fill(setting.plain())
    setting.key_file.unlink()
    with pytest.raises(KeyRefusedError):
        accepting(setting).keys.encrypt()
    assert sealed(setting) == {False}


def test_it_is_compressed_as_well(setting: Setting) -> None:
    setting.made()
    fill(setting.plain())
    text = "the same words again " * 5000
    setting.plain().data.save_text("text", text)
    accepting(setting, compression={"enabled": True}).keys.encrypt()
    assert len(setting.stored()["text"]) < len(text) // 10
    strict = setting.storage(compression={"enabled": True})
    assert strict.data.load_text("text") == text
    assert strict.verify()["data"].problems == ()


@pytest.mark.parametrize("encrypts", [True, False])
def test_compress_writes_anew_what_is_not_compressed(setting: Setting, *, encrypts: bool) -> None:
    storage = setting.made() if encrypts else setting.plain()
    text = "the same words again " * 5000
    storage.data.save_text("text", text)
    options: dict[str, Any] = {"compression": {"enabled": True}}
    options["encryption"] = setting.encryption(accept_plain=True) if encrypts else {}
    packing = setting.storage(**options)
    packing.data.save_text("packed", text)
    if encrypts:
        assert data_of(packing.keys.encrypt()) == (0, 2, 0)
    assert data_of(packing.keys.encrypt(compress=True)) == (1, 1, 0)
    assert data_of(packing.keys.encrypt(compress=True)) == (0, 2, 0)
    assert all(len(data) < len(text) // 10 for data in setting.blobs().values())
    assert setting.storage(**options).data.load_text("text") == text
    with pytest.raises(ConfigurationError, match="compression is off"):
        accepting(setting).keys.encrypt(compress=True)
