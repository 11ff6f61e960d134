"""Hidden ids: no name of a blob tells whose conversation it is, and everything goes on working."""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from urllib.parse import quote

import pytest
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from ingenious_storage import MemoryManager, Storage
from ingenious_storage.backends.inmemory import InMemoryBackend
from ingenious_storage.config import Settings, StorageSettings
from ingenious_storage.documents.format.segment import MAX_ENTRIES
from ingenious_storage.errors import ConfigurationError, InvalidKeyError, MemoryNotFoundError
from ingenious_storage.key_providers.key_file import KeyFile
from ingenious_storage.keys import encode_id, is_encoded_id, is_hidden_segment
from ingenious_storage.services.memory_info import list_memories, memory_info, with_revisions
from tests.support.counting import CountingBackend

PHONE = "+49 171 5550123"
LONG = "mailto:" + "somebody@example.org;" * 20
IDS = (PHONE, LONG, "wörter/日本語", "plain-id")
NOW = timedelta(0)


class Bench:
    """Two backends in memory that outlive the storages which are opened over them."""

    def __init__(self, folder: Path) -> None:
        self.key_file = folder / "vault.key"
        KeyFile.create(self.key_file)
        self.stores: dict[str, CountingBackend] = {}

    def open(self, *, encrypted: bool = True, **options: object) -> Storage:
        provider = {"provider": "key_file", "key_file": self.key_file}
        options = {**provider, "hide_ids": True, **options} if encrypted else {}
        settings = StorageSettings(type="inmemory", encryption=options)
        return Storage(Settings(storage=settings), backend=lambda _, name: self.store(name))

    def store(self, name: str = "ingenious-data") -> CountingBackend:
        return self.stores.setdefault(name, CountingBackend(InMemoryBackend()))

    def raw(self) -> dict[str, bytes]:
        """What the store of the memories holds, by its keys."""
        store = self.store().inner
        return {info.key: store.get(info.key).data for info in store.iterate()}


@pytest.fixture
def bench(tmp_path: Path) -> Bench:
    return Bench(tmp_path)


def filled(bench: Bench) -> Storage:
    storage = bench.open()
    for name in IDS:
        storage.memory.save_memory(name, {"of": name})
    return storage


def test_nothing_in_the_store_tells_an_id(bench: Bench) -> None:
    memory = filled(bench).memory
    memory.delete_memory(PHONE)  # leaves a marker
    for number in range(MAX_ENTRIES + 2):  # leaves a segment
        memory.save_memory("plain-id", number)
    memory.purge_memory(LONG)  # leaves a tombstone
    everything = "\n".join(bench.raw()) + repr([*bench.raw().values()])
    assert [key for key in bench.raw() if key.startswith(("deleted/", "history/"))]
    for name in IDS:
        hashed = hashlib.sha256(name.encode()).hexdigest()
        for trace in (name, encode_id(name), quote(name), hashed, hashed[:32], name[:20]):
            assert trace not in everything


def test_a_name_is_the_hmac_under_a_key_of_the_container(bench: Bench) -> None:
    """Made again with `cryptography` alone, as docs/storage-format.md says."""
    storage = filled(bench)
    keyring = storage.data.backend.keyring  # type: ignore[attr-defined]
    of_container = keyring.container.of_ids().secret.reveal()
    secret = HKDF(SHA256(), 32, None, b"ingenious.hidden-id/1").derive(of_container)
    for name in IDS:
        digest = hmac.digest(secret, name.encode(), "sha256")[:16].hex()
        assert storage.memory.kind.key(name) == f"conversations/~{digest}/memory.json"
        assert f"conversations/~{digest}/memory.json" in bench.raw()


def test_another_process_finds_them_and_another_container_has_other_names(
    bench: Bench, tmp_path: Path
) -> None:
    filled(bench)
    again = bench.open().memory
    assert {name: again.load_memory(name) for name in IDS} == {name: {"of": name} for name in IDS}
    (tmp_path / "other").mkdir()
    other = Bench(tmp_path / "other").open().memory
    assert not {again.kind.key(name) for name in IDS} & {other.kind.key(name) for name in IDS}


def test_the_files_of_the_storage_are_enough(bench: Bench) -> None:
    storage = filled(bench)
    assert sorted(MemoryManager(storage.data).list_conversations()) == sorted(IDS)


def test_listings_tell_the_ids(bench: Bench) -> None:
    memory = filled(bench).memory
    assert sorted(memory.list_conversations()) == sorted(IDS)
    assert [each.conversation_id for each in list_memories(memory, "+49")] == [PHONE]
    found = dict(with_revisions(memory, list_memories(memory)))
    assert {each.conversation_id for each in found} == set(IDS)
    assert all(info and info.newest.number == 1 for info in found.values())
    assert memory_info(memory, PHONE).key == memory.kind.key(PHONE)
    memory.delete_memory(PHONE)
    assert PHONE not in set(memory.list_conversations())
    memory.restore_memory(PHONE)
    assert PHONE in set(memory.list_conversations())


def test_a_listing_reads_each_head_once(bench: Bench) -> None:
    filled(bench)
    memory = bench.open().memory
    bench.store().reset()
    assert len(list(memory.list_conversations())) == len(IDS)
    heads = [
        key for name, key in bench.store().calls if name == "get" and key in memory_keys(bench)
    ]
    assert sorted(heads) == sorted(memory_keys(bench))
    assert bench.store().operations["list"] == 2


def memory_keys(bench: Bench) -> list[str]:
    return [key for key in bench.raw() if key.startswith("conversations/")]


def test_what_goes_while_it_is_listed_is_left_out(bench: Bench) -> None:
    filled(bench)
    memory = bench.open().memory
    store, get = bench.store(), bench.store().get
    gone = memory.kind.key(PHONE)

    def vanishing(key: str, *options: object) -> object:
        if key == gone:
            store.inner.delete(key)
        return get(key, *options)  # type: ignore[arg-type]

    store.get = vanishing  # type: ignore[method-assign, assignment]
    assert PHONE not in set(memory.list_conversations())


def test_the_storage_looks_after_itself(bench: Bench) -> None:
    storage = filled(bench)
    for number in range(MAX_ENTRIES + 2):
        storage.memory.save_memory(PHONE, number)
    assert storage.verify()["data"].problems == ()
    assert storage.verify()["data"].documents == len(IDS)
    bench.store().inner.delete(storage.memory.kind.key(PHONE))
    (repaired,) = bench.open().repair(dry_run=False)["data"]
    assert repaired.name == PHONE
    assert PHONE in set(bench.open().memory.list_conversations())
    storage.memory.purge_memory("plain-id")
    assert "plain-id" not in set(storage.memory.list_conversations())
    storage.gc(grace=NOW)
    with pytest.raises(MemoryNotFoundError):
        storage.memory.load_memory("plain-id")
    assert storage.verify()["data"].problems == ()


def test_many_at_once(bench: Bench) -> None:
    memory = bench.open().memory
    assert all(saved.number == 1 for saved in memory.save_many(dict.fromkeys(IDS, 1)).values())  # type: ignore[union-attr]
    assert bench.open().memory.load_many(IDS) == dict.fromkeys(IDS, 1)


@pytest.mark.parametrize("name", ["", "\ud800", 7])
def test_an_id_that_cannot_be_is_refused_before_any_request(bench: Bench, name: str) -> None:
    memory = bench.open().memory
    with pytest.raises(InvalidKeyError):
        memory.save_memory(name, 1)
    assert bench.store().calls == []


def everyone(storage: Storage) -> list[Callable[[], object]]:
    return [
        lambda: storage.memory.load_memory(PHONE, default=None),
        lambda: storage.memory.save_memory(PHONE, 1),
        lambda: list(storage.memory.list_conversations()),
    ]


def refused(storage: Storage, said: str) -> None:
    for call in everyone(storage):
        with pytest.raises(ConfigurationError, match=said):
            call()


def test_what_a_container_was_made_with_counts(bench: Bench, tmp_path: Path) -> None:
    filled(bench)
    refused(bench.open(hide_ids=False), "hides the ids")
    (tmp_path / "other").mkdir()
    shown = Bench(tmp_path / "other")
    shown.open(hide_ids=False).memory.save_memory(PHONE, 1)
    refused(shown.open(), "shows the ids")
    assert shown.open(hide_ids=False).memory.load_memory(PHONE) == 1


def test_conversations_without_encryption_are_not_lost_from_sight(bench: Bench) -> None:
    bench.open(encrypted=False).memory.save_memory("visible", 1)
    before = bench.raw()
    storage = bench.open(accept_plain=True)
    with pytest.raises(ConfigurationError, match="under their ids already") as met:
        storage.memory.save_memory(PHONE, 1)
    assert "memory export" in met.value.hint
    for call in (storage.memory.list_conversations, lambda: storage.data.list_keys("")):
        with pytest.raises(ConfigurationError, match="under their ids already"):
            list(call())
    assert bench.raw() == before


def test_prompts_keep_their_names(bench: Bench) -> None:
    storage = bench.open()
    storage.prompts.create_set("support", {"a.md": "text"})
    assert list(bench.open().prompts.list_sets()) == ["support"]
    assert "prompts/support.json" in [
        info.key for info in bench.store("ingenious-revisions").inner.iterate()
    ]


def test_hidden_and_encoded_ids_are_never_taken_for_each_other(bench: Bench) -> None:
    hidden = bench.open().memory.kind.encode(PHONE)
    assert is_hidden_segment(hidden)
    assert not is_encoded_id(hidden)
    for name in (*IDS, hidden, "~" + "0" * 32):
        assert not is_hidden_segment(encode_id(name))


def test_keys_are_administrated_as_everywhere(bench: Bench) -> None:
    """A rotation changes the master key, and no name."""
    storage = filled(bench)
    names = {name: storage.memory.kind.key(name) for name in IDS}
    assert not storage.keys.init().containers["data"].made
    storage.keys.rotate()
    storage.keys.rotate_key_file()
    storage.keys.rewrap()
    again = bench.open()
    assert not again.keys.verify()["data"].problems
    assert {name: again.memory.kind.key(name) for name in IDS} == names
    assert again.memory.load_many(IDS) == {name: {"of": name} for name in IDS}
    refused(bench.open(hide_ids=False), "hides the ids")


def test_a_container_can_be_made_hiding_before_it_holds_anything(bench: Bench) -> None:
    assert bench.open().keys.init().containers["data"].made
    refused(bench.open(hide_ids=False), "hides the ids")
    bench.open().memory.save_memory(PHONE, 1)
    assert bench.open().memory.load_memory(PHONE) == 1


def test_a_plain_container_cannot_be_encrypted_into_a_hiding_one(bench: Bench) -> None:
    bench.open(encrypted=False).memory.save_memory("visible", 1)
    before = bench.raw()
    keys = bench.open(accept_plain=True).keys
    for call in (keys.init, lambda: keys.encrypt("data")):
        with pytest.raises(ConfigurationError, match="under their ids already"):
            call()
    assert bench.raw() == before


def test_hidden_conversations_whose_keys_are_gone_are_told_as_such(bench: Bench) -> None:
    filled(bench).keys.destroy_everything()
    before = bench.raw()
    storage = bench.open()
    for call in (storage.keys.init, lambda: list(storage.memory.list_conversations())):
        with pytest.raises(ConfigurationError, match="these keys are gone") as met:
            call()
        assert "backup" in met.value.hint
    assert bench.raw() == before
