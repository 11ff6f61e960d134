"""`storage.keys`: made, shown, rotated, wrapped anew, destroyed; what lies there afterwards."""

from __future__ import annotations

from base64 import b64decode, b64encode
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import orjson
import pytest

from ingenious_storage import Storage
from ingenious_storage.backends.inmemory import InMemoryBackend
from ingenious_storage.errors import (
    ConfigurationError,
    ConflictError,
    KeyDestroyedError,
    KeyRefusedError,
    NotFoundError,
    UnavailableError,
)
from ingenious_storage.key_providers.key_file import KeyFile
from tests.library.services.keys.setting import Setting, conversations
from tests.support.faults import Request

DATA = "ingenious-data"
NONE = timedelta(0)


def test_without_encryption_there_are_no_keys(setting: Setting) -> None:
    keys = setting.plain().keys
    for call in (
        keys.init,
        keys.status,
        keys.rotate,
        keys.rotate_key_file,
        keys.rewrap,
        keys.verify,
        keys.encrypt,
        keys.destroy_everything,
        lambda: keys.destroy("x"),
    ):
        with pytest.raises(ConfigurationError, match=r"encryption is off|there are no keys"):
            call()
    assert setting.counting[DATA].total == 0


def test_init_makes_all_that_is_missing_and_nothing_twice(setting: Setting) -> None:
    first = setting.storage().keys.init()
    assert first.key_file_made
    assert [made.made for made in first.containers.values()] == [True, True]
    before = setting.stored(), setting.key_file.read_bytes()
    again = setting.storage().keys.init()
    assert not again.key_file_made
    assert again.containers == {
        role: replace(made, made=False) for role, made in first.containers.items()
    }
    assert (setting.stored(), setting.key_file.read_bytes()) == before
    assert setting.key_file.stat().st_mode & 0o077 == 0


def test_init_makes_no_other_key_file_in_the_place_of_a_lost_one(setting: Setting) -> None:
    setting.storage().keys.init()
    lost = setting.key_file.read_bytes()
    setting.key_file.unlink()
    before = setting.stored()
    with pytest.raises(KeyRefusedError, match="the containers have keys already") as met:
        setting.storage().keys.init()
    assert "backup" in met.value.hint
    assert not setting.key_file.exists()
    assert setting.stored() == before
    setting.key_file.touch(0o600)
    setting.key_file.write_bytes(lost)
    assert not setting.storage().keys.init().key_file_made


def test_a_lost_master_record_says_how_to_get_it_back(setting: Setting) -> None:
    setting.storage().keys.init()
    conversations(setting.storage(), 1)
    store = setting.counting[DATA].inner
    for info in [*store.iterate("keys/master/")]:
        store.delete(info.key)
    with pytest.raises(KeyDestroyedError, match="master key") as met:
        setting.storage().memory.load_memory(next(setting.storage().memory.list_conversations()))
    assert "from a backup" in met.value.hint


def test_what_init_makes_is_what_the_first_write_uses(setting: Setting) -> None:
    made = setting.storage().keys.init().containers["data"]
    conversations(setting.storage(), 1)
    status = setting.storage().keys.status(count=True).containers["data"]
    assert [master.id for master in status.masters] == [made.master]
    assert (status.container_key, status.documents) == (made.container_key, 1)


def test_status_of_nothing(setting: Setting) -> None:
    KeyFile.create(setting.key_file)
    status = setting.storage().keys.status(count=True)
    assert status.key.enabled
    assert status.place == str(setting.key_file)
    for keys in status.containers.values():
        assert (list(keys.masters), keys.container_key, keys.documents) == ([], None, 0)


def test_status_counts_only_when_asked(setting: Setting) -> None:
    storage = setting.made()
    conversations(storage, 20)
    counting = setting.counting[DATA]
    counting.reset()
    status = storage.keys.status().containers["data"]
    assert counting.total <= 3
    assert (status.documents, status.masters[0].documents) == (None, None)
    assert storage.keys.status(count=True).containers["data"].masters[0].documents == 20


def test_rotate_is_for_new_documents(setting: Setting) -> None:
    storage = setting.made()
    conversations(storage, 2)
    storage.data.save_text("a file", "words")
    sealed = setting.blobs()
    master = storage.keys.rotate()["data"]
    storage.memory.save_memory("new", 1)
    other = setting.storage()  # a process that begins now
    other.memory.save_memory("newer", 1)
    new, old = other.keys.status(count=True).containers["data"].masters
    assert (new.id, new.is_current, new.documents) == (master, True, 2)
    assert (old.is_current, old.documents) == (False, 2)
    for key, data in sealed.items():
        assert setting.stored()[key] == data
    assert other.memory.load_memory("c1") == {"text": "words 1"}
    assert other.data.load_text("a file") == "words"
    assert other.keys.verify()["data"].problems == []


def test_rotate_keeps_what_a_record_says_besides(setting: Setting) -> None:
    KeyFile.create(setting.key_file)
    storage = setting.storage(encryption=setting.encryption(hide_ids=True))
    storage.memory.save_memory("mine", 1)
    storage.keys.rotate()
    other = setting.storage(encryption=setting.encryption(hide_ids=True))
    assert other.memory.load_memory("mine") == 1


def test_two_rotations_at_once_leave_one_current(setting: Setting) -> None:
    storage, other = setting.made(), setting.storage()
    conversations(storage, 1)
    faults = setting.faults[DATA]  # of `other`, which is the newest
    rotated: list[str] = []

    def rule(request):  # type: ignore[no-untyped-def]
        if request.operation == "put" and request.key == "keys/container.json" and not rotated:
            rotated.append(storage.keys.rotate()["data"])

    faults.rule = rule
    last = other.keys.rotate()["data"]
    masters = setting.storage().keys.status().containers["data"].masters
    assert len(masters) == 3
    assert [master.id for master in masters if master.is_current] == [last]
    assert setting.storage().keys.verify()["data"].problems == []


def test_rewrap_after_a_new_version(setting: Setting) -> None:
    storage = setting.made()
    conversations(storage, 3)
    storage.keys.rotate()
    old = KeyFile(setting.key_file).describe().key_id
    new = storage.keys.rotate_key_file().key_id
    assert new != old
    assert all(not m.is_newest for m in storage.keys.status().containers["data"].masters)
    found = storage.keys.rewrap()["data"]
    assert (found.masters, found.rewrapped, found.wrapped_by) == (2, 2, new)
    assert storage.keys.rewrap()["data"].rewrapped == 0
    forget_version(setting, old)
    assert setting.storage().memory.load_memory("c2") == {"text": "words 2"}
    assert setting.storage().keys.verify()["data"].problems == []


def forget_version(setting: Setting, key_id: str) -> None:
    record = orjson.loads(setting.key_file.read_bytes())
    record["keys"] = [k for k in record["keys"] if k["id"] != key_id.rpartition("/")[2]]
    setting.key_file.write_bytes(orjson.dumps(record))


@pytest.mark.slow
def test_rewrap_touches_a_handful_for_100_000_conversations(setting: Setting) -> None:
    storage = setting.made()
    conversations(storage, 1)
    store, name = setting.stores[DATA], "keys/documents/conversations/c0/memory.json"
    record = store.get(name).data
    for number in range(100_000):
        store.put(f"keys/documents/conversations/x{number}/memory.json", record)
    for _ in range(3):
        storage.keys.rotate()
    storage.keys.rotate_key_file()
    counting = setting.counting[DATA]
    counting.reset()
    assert storage.keys.rewrap()["data"].rewrapped == 4
    touched = {key for _, key in counting.calls if key is not None}
    assert len(touched) <= 10
    assert counting.total <= 10
    assert counting.operations["put"] == 4


def test_a_wrap_that_does_not_unwrap_changes_nothing(setting: Setting) -> None:
    storage = setting.made()
    conversations(storage, 1)
    before = setting.stored()
    setting.key_file.chmod(0o644)
    for call in (storage.keys.rotate, storage.keys.rewrap, storage.keys.status):
        with pytest.raises(KeyRefusedError):
            call()
    assert setting.stored() == before


def test_destroy_refuses_what_is_in_use(setting: Setting) -> None:
    storage = setting.made()
    conversations(storage, 2)
    [master] = storage.keys.status().containers["data"].masters
    before = setting.stored()
    with pytest.raises(ConflictError, match="new documents use it"):
        storage.keys.destroy(master.id, grace=NONE)
    assert setting.stored() == before
    storage.keys.rotate()
    before = setting.stored()
    with pytest.raises(ConflictError, match="so young"):
        storage.keys.destroy(master.id)
    with pytest.raises(ConflictError, match="keys of 2 documents"):
        storage.keys.destroy(master.id, grace=NONE)
    assert setting.stored() == before
    with pytest.raises(NotFoundError):
        storage.keys.destroy("ffffffffffffffff")


def test_destroy_where_the_clock_of_the_store_is_behind_its_blobs(
    setting: Setting, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As an S3 server's is that dates its answers by a clock which ticks once a second."""
    storage = setting.made()
    conversations(storage, 1)
    [master] = storage.keys.status().containers["data"].masters
    storage.keys.rotate()
    storage.memory.purge_memory("c0")
    late = InMemoryBackend.now
    monkeypatch.setattr(InMemoryBackend, "now", lambda self: late(self) - timedelta(seconds=1))
    assert storage.keys.destroy(master.id, grace=NONE)["data"].masters == (master.id,)


def test_destroy_of_what_wraps_nothing(setting: Setting) -> None:
    storage = setting.made()
    conversations(storage, 1)
    [master] = storage.keys.status().containers["data"].masters
    storage.keys.rotate()
    storage.memory.purge_memory("c0")
    storage.memory.save_memory("c1", 1)
    dry = storage.keys.destroy(master.id, grace=NONE, dry_run=True)
    assert f"keys/master/{master.id}.json" in setting.stored()
    assert dry["data"].destroyed_at is None
    receipt = storage.keys.destroy(master.id, grace=NONE)
    assert list(receipt) == ["data"]
    assert receipt["data"].masters == (master.id,)
    assert f"keys/master/{master.id}.json" not in setting.stored()
    assert setting.storage().keys.verify()["data"].problems == []
    assert setting.storage().memory.load_memory("c1") == 1


def test_everything_is_unreadable_once_its_keys_are_gone(setting: Setting) -> None:
    storage = setting.storage(retention_days=7)
    storage.keys.init()
    conversations(storage, 5)
    storage.data.save_text("a file", "words")
    storage.prompts.create_set("kept")
    [master] = storage.keys.status().containers["data"].masters
    dry = storage.keys.destroy_everything("data", dry_run=True)["data"]
    assert (dry.documents, dry.masters, dry.destroyed_at) == (5, (master.id,), None)
    before = setting.blobs()
    receipt = storage.keys.destroy_everything("data")
    assert list(receipt) == ["data"]
    done = receipt["data"]
    assert (done.documents, done.masters) == (5, (master.id,))
    assert done.wrapped_by == (KeyFile(setting.key_file).describe().key_id,)
    assert done.destroyed_at is not None
    assert done.recoverable_until == done.destroyed_at + timedelta(days=7)
    assert setting.stored() == before  # nothing but the keys is gone
    other = setting.storage()
    for key in before:
        with pytest.raises(KeyDestroyedError):
            other.data.load_bytes(key)
    assert list(other.prompts.list_sets()) == ["kept"]
    assert {p.code for p in other.keys.verify()["data"].problems} == {"key_destroyed"}


def test_who_destroyed_all_keys_seals_with_none_of_them(setting: Setting) -> None:
    """What is written behind it would be read by nobody but this process; nor is anything shown."""
    storage = setting.storage(cache={"max_bytes": 100_000, "max_age": 60})
    storage.keys.init()
    conversations(storage, 1)
    storage.data.save_text("a file", "words")
    assert storage.memory.load_memory("c0") == {"text": "words 0"}
    storage.keys.destroy_everything("data")
    for call in (
        lambda: storage.memory.save_memory("c0", 2),
        lambda: storage.memory.load_memory("c0"),
        lambda: storage.data.load_text("a file"),
    ):
        with pytest.raises(KeyDestroyedError):
            call()
    storage.memory.save_memory("new", 1)
    storage.data.save_text("a file", "other words")
    other = setting.storage()
    assert other.memory.load_memory("new") == 1
    assert other.data.load_text("a file") == "other words"


def test_answers_that_are_lost(setting: Setting) -> None:
    """Each write is done, and its first answer lost: nothing is done twice, nothing is denied."""
    storage = setting.made()
    lost = set[tuple[str, str | None]]()

    def lose(_request: Request, call: Any) -> Any:
        call()
        raise UnavailableError("lost", outcome_unknown=True)

    def rule(request: Request) -> Any:
        this = request.operation, request.key
        if request.writes and this not in lost:
            lost.add(this)
            return lose
        return None

    def losing() -> None:
        lost.clear()
        setting.faults[DATA].rule = rule

    losing()
    storage.keys.init()
    conversations(storage, 1)
    [old] = storage.keys.status().containers["data"].masters
    losing()
    new = storage.keys.rotate()["data"]
    found = storage.keys.status().containers["data"].masters
    assert {m.id: m.is_current for m in found} == {new: True, old.id: False}
    storage.keys.rotate_key_file()
    losing()
    assert storage.keys.rewrap()["data"].rewrapped == 2
    storage.memory.purge_memory("c0")
    losing()
    assert storage.keys.destroy(old.id, grace=NONE)["data"].masters == (old.id,)
    assert setting.storage().keys.verify()["data"].problems == []
    storage.memory.save_memory("c1", 1)
    losing()
    assert storage.keys.destroy_everything("data")["data"].documents == 1
    assert not any(key.startswith("keys/") for key in setting.stored())


class TestVerify:
    """Each kind of damage is named, and nothing else is."""

    def problems(self, setting: Setting) -> dict[str, str]:
        found = setting.storage().keys.verify()["data"]
        return {problem.key: problem.code for problem in found.problems}

    def filled(self, setting: Setting) -> Storage:
        storage = setting.made()
        for _ in range(40):  # with a segment
            storage.memory.append_messages("long", [{"role": "user", "content": "words"}])
        storage.memory.save_memory("x" * 1000, 1)
        storage.memory.save_memory("gone", 1)
        storage.memory.purge_memory("gone")
        storage.memory.save_memory("deleted", 1)
        storage.memory.delete_memory("deleted")
        storage.data.save_text("a file", "words")
        storage.data.save_bytes("large", bytes(3 * 1024 * 1024))
        return storage

    def test_nothing_is_wrong(self, setting: Setting) -> None:
        self.filled(setting)
        seen: list[int] = []
        found = setting.storage().keys.verify(on_progress=seen.append)["data"]
        assert (found.problems, found.strays) == ([], [])
        assert found.documents == 3
        assert found.blobs == len(setting.blobs())
        assert sum(seen) >= found.blobs

    def test_only_first_bytes_are_read(self, setting: Setting) -> None:
        self.filled(setting)
        storage = setting.storage()
        sizes: list[int] = []
        store = setting.counting[DATA]
        get = store.get

        def sized(key, *args):  # type: ignore[no-untyped-def]
            blob = get(key, *args)
            sizes.append(0 if key.startswith("keys/") else len(blob.data))
            return blob

        store.get = sized  # type: ignore[method-assign]
        storage.keys.verify()
        assert max(sizes) == 38

    def test_a_blob_in_the_clear(self, setting: Setting) -> None:
        self.filled(setting)
        setting.stores[DATA].put("plain", b"words")
        assert self.problems(setting) == {"plain": "not_encrypted"}
        accepting = setting.storage(encryption=setting.encryption(accept_plain=True))
        assert accepting.keys.verify()["data"].problems == []

    def test_a_blob_where_records_belong(self, setting: Setting) -> None:
        self.filled(setting)
        setting.stores[DATA].put("keys/mine/a", b"words")
        assert self.problems(setting) == {"keys/mine/": "invalid_key"}

    def test_a_blob_of_another_document(self, setting: Setting) -> None:
        storage = self.filled(setting)
        storage.memory.save_memory("other", 1)
        store = setting.stores[DATA]
        key = "conversations/{}/memory.json"
        store.put(key.format("other"), store.get(key.format("long")).data)
        assert self.problems(setting) == {key.format("other"): "key_destroyed"}

    @pytest.mark.parametrize("cut", [4, 37])
    def test_a_blob_that_was_cut(self, setting: Setting, cut: int) -> None:
        self.filled(setting)
        store = setting.stores[DATA]
        store.put("a file", store.get("a file").data[:cut])
        assert self.problems(setting) == {"a file": "corrupt_object"}

    @pytest.mark.parametrize(
        "name", ["keys/documents/conversations/long/memory.json", "keys/container.json"]
    )
    def test_a_record_that_was_changed(self, setting: Setting, name: str) -> None:
        self.filled(setting)
        store = setting.stores[DATA]
        record = orjson.loads(store.get(name).data)
        wrapped = b64decode(record["keys"][0]["wrapped"])
        for position in (0, 9, len(wrapped) - 1):
            flipped = bytearray(wrapped)
            flipped[position] ^= 1
            record["keys"][0]["wrapped"] = b64encode(flipped).decode()
            store.put(name, orjson.dumps(record))
            assert self.problems(setting) == {name: "corrupt_object"}

    @pytest.mark.parametrize("data", [b"", b"{}", b'{"format":"ingenious.document-key/9"}'])
    def test_a_record_that_is_none(self, setting: Setting, data: bytes) -> None:
        self.filled(setting)
        name = "keys/documents/conversations/deleted/memory.json"
        setting.stores[DATA].put(name, data)
        found = self.problems(setting)
        assert found[name] in {"corrupt_object", "unsupported_format"}
        assert found["conversations/deleted/memory.json"] == "key_destroyed"

    def test_a_master_key_of_another_file(self, setting: Setting) -> None:
        self.filled(setting)
        setting.key_file.unlink()
        KeyFile.create(setting.key_file)
        found = self.problems(setting)
        assert [code for key, code in found.items() if key.startswith("keys/master/")] == [
            "key_refused"
        ]

    def test_a_stray_is_named_when_it_is_old(self, setting: Setting) -> None:
        self.filled(setting)
        store = setting.stores[DATA]
        store.delete("conversations/deleted/memory.json")
        store.delete("deleted/conversations/deleted/memory.json")
        assert setting.storage().keys.verify()["data"].strays == []
        name = "keys/documents/conversations/deleted/memory.json"
        record = orjson.loads(store.get(name).data)
        old = datetime.now(UTC) - timedelta(hours=2)
        record["keys"][0]["created_at"] = old.strftime("%Y-%m-%dT%H:%M:%SZ")
        store.put(name, orjson.dumps(record))
        found = setting.storage().keys.verify()["data"]
        assert (found.problems, found.strays) == ([], [name])

    def test_a_document_that_begins_meanwhile(self, setting: Setting) -> None:
        self.filled(setting)
        storage = setting.storage()
        faults, writer = setting.faults[DATA], setting.storage()
        begun: list[str] = []

        def rule(request):  # type: ignore[no-untyped-def]
            if request.operation == "get" and request.key == "a file" and not begun:
                begun.append("zz")
                writer.memory.save_memory("zz", 1)

        faults.rule = rule
        assert storage.keys.verify()["data"].problems == []

    def test_a_provider_without_its_key_ends_it(self, setting: Setting) -> None:
        self.filled(setting)
        setting.key_file.unlink()
        with pytest.raises(KeyRefusedError):
            setting.storage().keys.status()
        assert "key_refused" in self.problems(setting).values()
