"""Many threads and processes that make the same keys at once, and what is never used twice."""

from __future__ import annotations

import itertools
import multiprocessing
import os
import sys
import threading
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from types import FrameType
from typing import Any

import cachetools
import pytest
from cryptography.hazmat.primitives.ciphers import aead

from ingenious_storage.backends.base import (
    PUT_DEFAULTS,
    Backend,
    BlobInfo,
    IfAbsent,
    Lineage,
    PutOptions,
)
from ingenious_storage.backends.inmemory import InMemoryBackend
from ingenious_storage.backends.local.backend import LocalBackend
from ingenious_storage.errors import AlreadyExistsError, KeyRefusedError
from ingenious_storage.key_providers.base import Wrapped
from ingenious_storage.key_providers.key_file import KeyFile
from ingenious_storage.layers.base import Layer
from ingenious_storage.layers.encrypt import documents, envelope
from ingenious_storage.layers.encrypt.administration import Administration
from tests.library.layers.encrypt.house import DOCUMENT, Vault, encrypted, key_of
from tests.support.arriving import Arrivals
from tests.support.counting import CountingBackend

BEGINS = PutOptions(condition=IfAbsent(), lineage=Lineage.BEGINS)


def _begin(layer: Backend, document: str, data: bytes) -> int:
    try:
        layer.put(document, data, BEGINS)
    except AlreadyExistsError:
        return 0
    return 1


def test_who_waits_for_one_master_key_does_not_meet_the_failure_of_another() -> None:
    store, vault = CountingBackend(InMemoryBackend()), Vault()
    first = encrypted(store, vault)
    # Two that do not share the lock of their records.
    names = (f"conversations/c-{number}/memory.json" for number in itertools.count(2))
    other = next(name for name in names if (hash(name) - hash(DOCUMENT)) % 64)
    first.put(DOCUMENT, b"one", BEGINS)
    vault.keys["v2"] = bytes(32)
    ring = first.keyring
    Administration(store, ring.masters, ring.container, workers=1).rotate()
    first.put(other, b"two", BEGINS)
    asked, go_on = threading.Event(), threading.Event()

    class Disabled(Vault):
        """Refuses the older version, after a while."""

        def unwrap(self, wrapped: Wrapped) -> bytes:
            if wrapped.key_id.endswith("v1"):
                asked.set()
                assert go_on.wait(30)
                raise KeyRefusedError("this version is disabled")
            return super().unwrap(wrapped)

    disabled = Disabled()
    disabled.keys = vault.keys
    layer = encrypted(store, disabled)
    with ThreadPoolExecutor(2) as pool, Arrivals() as both:
        failing = pool.submit(layer.get, DOCUMENT)
        assert asked.wait(30)
        waiting = pool.submit(layer.get, other)
        both.wait(2, layer.keyring.masters._turn)
        go_on.set()
        assert waiting.result().data == b"two"
        with pytest.raises(KeyRefusedError):
            failing.result()


def test_threads_that_begin_one_document_share_its_key() -> None:
    store, vault = CountingBackend(InMemoryBackend()), Vault()
    layers = [encrypted(store, vault), encrypted(store, vault)]
    with ThreadPoolExecutor(16) as pool:
        won = pool.map(lambda n: _begin(layers[n % 2], DOCUMENT, b"%d" % n), range(16))
        assert sum(won) == 1
    for layer in layers:
        assert layer.document_keys(DOCUMENT).keys() == {key_of(store.get(DOCUMENT).data)}
        assert layer.get(DOCUMENT).data.isdigit()
    # One container, so one master key and one container key.
    assert len([*store.iterate("keys/master/")]) == 1
    assert vault.calls["wrap"] <= 2


class _Lost(Layer):
    """The container's record lands, is used and rotated, and its answer is lost."""

    def put(self, key: str, data: bytes, options: PutOptions = PUT_DEFAULTS) -> BlobInfo:
        info = super().put(key, data, options)
        if key == "keys/container.json":
            other = encrypted(self.inner)
            other.put(DOCUMENT, b"1", BEGINS)
            ring = other.keyring
            Administration(self.inner, ring.masters, ring.container, workers=1).rotate()
            raise AlreadyExistsError("sent again", key=key, outcome_unknown=True)
        return info


def test_a_master_key_that_is_in_use_is_not_discarded_after_a_lost_answer() -> None:
    store = InMemoryBackend()
    layer = encrypted(_Lost(store))
    layer.put("notes/a", b"a")
    reader = encrypted(store)
    assert (reader.get(DOCUMENT).data, reader.get("notes/a").data) == (b"1", b"a")


def test_threads_that_meet_an_unknown_document_ask_once() -> None:
    store, vault = CountingBackend(InMemoryBackend()), Vault()
    encrypted(store, vault).put(DOCUMENT, b"1", BEGINS)
    store.reset()
    vault.calls.clear()
    reader = encrypted(store, vault)
    with ThreadPoolExecutor(16) as pool:
        assert {*pool.map(lambda _: reader.get(DOCUMENT).data, range(16))} == {b"1"}
    assert vault.calls == Counter(unwrap=1)
    asked = Counter(key for _, key in store.calls)
    assert asked[f"keys/documents/{DOCUMENT}"] == 1
    assert store.operations["get"] <= 16 + 1 + 1 + 16  # heads, record, master, container


def _process(folder: str, start: Any, answers: Any) -> None:
    layer = encrypted(LocalBackend(Path(folder) / "store"), KeyFile(Path(folder) / "key.json"))
    start.wait()
    answers.put(sum(_begin(layer, f"conversations/{n}/memory.json", b"x") for n in range(20)))


@pytest.mark.slow
def test_processes_that_begin_the_same_documents_share_their_keys(tmp_path: Path) -> None:
    vault = KeyFile.create(tmp_path / "key.json")
    store = LocalBackend(tmp_path / "store")
    store.ensure_container()
    spawn = multiprocessing.get_context("spawn")
    start, answers = spawn.Barrier(2), spawn.Queue()
    processes = [
        spawn.Process(target=_process, args=(str(tmp_path), start, answers)) for _ in range(2)
    ]
    for process in processes:
        process.start()
    assert sum(answers.get(timeout=200) for _ in processes) == 20
    for process in processes:
        process.join()
    reader = encrypted(store, vault)
    for number in range(20):
        document = f"conversations/{number}/memory.json"
        assert reader.get(document).data == b"x"
        assert len(reader.document_keys(document)) == 1
    assert len([*store.iterate("keys/master/")]) == 1


class _Counted:
    """What seals, and notes each key with each nonce."""

    used: Counter[tuple[bytes, bytes]]

    def __init__(self, key: bytes) -> None:
        self._key, self._cipher = key, aead.AESGCM(key)

    def encrypt(self, nonce: bytes, data: bytes, bound: bytes) -> bytes:
        self.used[self._key, nonce] += 1
        return self._cipher.encrypt(nonce, data, bound)


@pytest.mark.parametrize("writes", [500, pytest.param(10_000, marks=pytest.mark.slow)], ids=str)
def test_no_key_and_nonce_and_no_salt_are_used_twice(
    monkeypatch: pytest.MonkeyPatch, writes: int
) -> None:
    _Counted.used = Counter()
    monkeypatch.setattr(envelope, "AESGCM", _Counted)
    store, salts = InMemoryBackend(), Counter[bytes]()
    layer = encrypted(store)
    with ThreadPoolExecutor(8) as pool:
        for start in range(0, writes, 100):
            keys = [f"conversations/{(start + n) % 7}/memory.json" for n in range(50)]
            keys += ["notes/a"] * 50
            [*pool.map(lambda key: layer.put(key, b"the same"), keys)]
            salts.update(store.get(key).data[6:38] for key in {*keys})
    layer.put("notes/large", bytes(3 * envelope.KEY_BYTES * 2**15))
    assert len(_Counted.used) == writes + 3
    assert {*_Counted.used.values()} == {1}
    assert {*salts.values()} == {1}


NAMES = [f"conversations/c-{number}/memory.json" for number in range(4)]


@pytest.mark.skipif(not hasattr(os, "fork"), reason="this system has no fork")
def test_a_child_reads_and_writes_wherever_it_was_forked(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(documents, "_REMEMBERED", 2)
    store, ends = InMemoryBackend(), list[int]()
    for name in NAMES:
        encrypted(store).put(name, b"{}", BEGINS)
    layer = encrypted(store)
    for name in NAMES[:2]:
        layer.get(name)

    def at_each_line(frame: FrameType, event: str, _arg: Any) -> Any:
        if frame.f_code.co_filename != cachetools.__file__:
            return None
        if event == "line":
            ends.append(_forked(layer))
        return at_each_line

    before = sys.gettrace()
    sys.settrace(at_each_line)
    try:
        layer.get(NAMES[2])  # one of the others goes
    finally:
        sys.settrace(before)
    assert len(ends) > 5
    assert set(ends) == {0}


def _forked(layer: Backend) -> int:
    """How a child ends that reads all documents, and writes them."""
    pid = os.fork()
    if pid:
        return os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])
    sys.settrace(None)
    try:
        for name in NAMES:
            layer.put(name, layer.get(name).data)
        os._exit(0)
    finally:
        os._exit(1)
