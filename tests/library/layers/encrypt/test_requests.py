"""What encryption costs in requests: one for a document's first save, one for its cold load."""

from __future__ import annotations

from collections import Counter

import pytest

from ingenious_storage import Storage
from ingenious_storage.backends.inmemory import InMemoryBackend
from ingenious_storage.config import load_settings
from ingenious_storage.key_providers.key_file import KeyFile
from ingenious_storage.layers.encrypt.administration import Administration
from tests.library.layers.encrypt.house import DOCUMENT, Time, Vault, encrypted
from tests.support.counting import CountingBackend

RECORD = f"keys/documents/{DOCUMENT}"
MESSAGES = [{"role": "user", "content": "hello"}]
Stores = tuple[dict[str, CountingBackend], str]
"""The containers by their names, and the path of the key file."""


@pytest.fixture
def stores(tmp_path_factory: pytest.TempPathFactory) -> Stores:
    path = tmp_path_factory.mktemp("keys") / "key.json"
    KeyFile.create(path)
    return {}, str(path)


def storage(stores: Stores, *, encrypts: bool = True) -> Storage:
    """As a process of its own has it."""
    backends, path = stores
    overrides = {
        "storage.type": "inmemory",
        "storage.encryption.provider": "key_file",
        "storage.encryption.key_file": path,
    }
    settings = load_settings(overrides=overrides if encrypts else {"storage.type": "inmemory"})

    def opened(_settings: object, name: str) -> CountingBackend:
        return backends.setdefault(name, CountingBackend(InMemoryBackend()))

    return Storage(settings, backend=opened)


def requests(stores: Stores) -> Counter[str]:
    """Since the last time, by operation."""
    found: Counter[str] = Counter()
    for backend in stores[0].values():
        found.update(backend.operations)
        backend.reset()
    return found


def life(encrypts: bool, stores: Stores) -> list[Counter[str]]:
    """A first save, more of them, and loads by the same process and by a new one."""
    first = storage(stores, encrypts=encrypts)
    first.memory.save_memory("warm", MESSAGES)
    requests(stores)
    first.memory.save_memory("c", MESSAGES)
    counts = [requests(stores)]
    for number in range(40):  # beyond the first segment
        first.memory.save_memory("c", [*MESSAGES, {"role": "user", "content": str(number)}])
        counts.append(requests(stores))
    first.memory.load_memory("c")
    counts.append(requests(stores))
    second = storage(stores, encrypts=encrypts)
    second.memory.load_memory("warm")
    requests(stores)
    for _ in range(2):
        second.memory.load_memory("c")
        counts.append(requests(stores))
    return counts


def test_the_first_save_and_the_first_load_cost_one_more_and_all_else_the_same(
    stores: Stores,
) -> None:
    plain = life(False, ({}, ""))
    sealed = life(True, stores)
    more = [(after - before) for before, after in zip(plain, sealed, strict=True)]
    assert more[0] == Counter(put=1)
    assert more[-2] == Counter(get=1)
    assert not any(more[1:-2] + more[-1:])
    assert [counts.total() for counts in plain[:2]] == [2, 1]


def test_a_process_reads_the_containers_records_once() -> None:
    store, vault = CountingBackend(InMemoryBackend()), Vault()
    layer = encrypted(store, vault)
    layer.put("a", b"1")
    layer.put(DOCUMENT, b"1")
    assert vault.calls == Counter(wrap=1, unwrap=1)
    vault.calls.clear()
    store.reset()
    reader = encrypted(store, vault)
    for _ in range(3):
        for key in ("a", DOCUMENT):
            reader.get(key)
            reader.put(key, b"2")
    read = Counter(key for operation, key in store.calls if operation == "get")
    [master] = (key for key in read if key and key.startswith("keys/master/"))
    assert read == Counter({"keys/container.json": 1, master: 1, RECORD: 1, "a": 3, DOCUMENT: 3})
    assert vault.calls == Counter(unwrap=1)


def test_a_range_and_a_head_cost_what_they_cost_without() -> None:
    store = CountingBackend(InMemoryBackend())
    layer = encrypted(store)
    layer.put("a", b"1")
    store.reset()
    layer.head("a")
    assert dict(store.operations) == {"head": 1}


def test_a_new_key_is_not_made_without_asking_for_the_current_master_key() -> None:
    store, time = CountingBackend(InMemoryBackend()), Time()
    layer = encrypted(store, time=time)
    for number, (seconds, asked) in enumerate([(0, 1), (300, 0), (301, 1), (302, 0), (700, 1)]):
        time.seconds = seconds
        store.reset()
        layer.put(f"conversations/{number}/memory.json", b"1")
        assert [key for _, key in store.calls].count("keys/container.json") == asked + (number == 0)
    assert store.not_modified == 1


def test_a_process_learns_of_a_rotation_within_five_minutes() -> None:
    store, time = CountingBackend(InMemoryBackend()), Time()
    layer, other = encrypted(store, time=time), encrypted(store)
    layer.put("notes/a", b"a")
    ring = other.keyring
    new = Administration(store, ring.masters, ring.container, workers=1).rotate()
    for seconds, wrapped_by_new in ((300, False), (301, True)):
        time.seconds = seconds
        document = f"conversations/{seconds}/memory.json"
        layer.put(document, b"1")
        record = store.get(f"keys/documents/{document}").data
        assert (f'"master":"{new}"'.encode() in record) == wrapped_by_new
    assert layer.get("notes/a").data == encrypted(store).get("notes/a").data == b"a"
