"""Providers that are down or refuse, wrong keys, and records that are lost or damaged."""

from __future__ import annotations

import json
import threading
from collections import Counter
from pathlib import Path

import pytest

from ingenious_storage import deadline
from ingenious_storage.backends.base import IfAbsent, Lineage, PutOptions
from ingenious_storage.backends.inmemory import InMemoryBackend
from ingenious_storage.errors import (
    CorruptObjectError,
    InvalidKeyError,
    KeyDestroyedError,
    KeyRefusedError,
    KeyUnavailableError,
    NotEncryptedError,
    OperationTimeoutError,
    StorageError,
    UnsupportedFormatError,
)
from ingenious_storage.key_providers.base import Wrapped
from ingenious_storage.key_providers.key_file import KeyFile
from ingenious_storage.layers.encrypt.asking import ask
from ingenious_storage.layers.retry import RetryPolicy
from tests.library.layers.encrypt.house import DOCUMENT, Vault, encrypted
from tests.support.arriving import Arrivals
from tests.support.counting import CountingBackend

BEGINS = PutOptions(condition=IfAbsent(), lineage=Lineage.BEGINS)


@pytest.fixture
def vault() -> Vault:
    return Vault()


@pytest.fixture
def store() -> CountingBackend:
    return CountingBackend(InMemoryBackend())


def down() -> StorageError:
    return KeyUnavailableError("the vault does not answer")


def refuses() -> StorageError:
    return KeyRefusedError("the key is disabled")


@pytest.mark.parametrize(
    ("failure", "error"), [(down, KeyUnavailableError), (refuses, KeyRefusedError)]
)
def test_a_process_that_has_the_key_goes_on_and_a_new_one_fails(
    store: CountingBackend, vault: Vault, failure: object, error: type[StorageError]
) -> None:
    layer = encrypted(store, vault)
    layer.put(DOCUMENT, b"1", BEGINS)
    layer.put("notes/a", b"a")
    vault.failure = failure  # type: ignore[assignment]
    assert (layer.get(DOCUMENT).data, layer.get("notes/a").data) == (b"1", b"a")
    layer.put("conversations/new/memory.json", b"2", BEGINS)
    new = encrypted(store, vault)
    for call in (
        lambda: new.get(DOCUMENT),
        lambda: new.put("notes/b", b"b"),
        lambda: new.put("conversations/newer/memory.json", b"3", BEGINS),
    ):
        with pytest.raises(error) as caught:
            call()
        assert not caught.value.outcome_unknown
    vault.failure = None
    assert new.get(DOCUMENT).data == b"1"


def test_nothing_is_written_while_a_new_container_has_no_vault(
    store: CountingBackend, vault: Vault
) -> None:
    vault.failure = down
    with pytest.raises(KeyUnavailableError):
        encrypted(store, vault).put("notes/a", b"a")
    assert not [*store.iterate()]


def test_a_provider_that_is_away_for_a_while_is_asked_again(
    store: CountingBackend, vault: Vault
) -> None:
    encrypted(store, vault).put("notes/a", b"a")
    failures = [down(), down()]

    class Away(Vault):
        def unwrap(self, wrapped: Wrapped) -> bytes:
            if failures:
                raise failures.pop()
            return super().unwrap(wrapped)

    policy = RetryPolicy(attempts=3, base=0.001)
    assert encrypted(store, Away(), policy=policy).get("notes/a").data == b"a"
    failures[:] = [down()] * 3
    with pytest.raises(KeyUnavailableError):
        encrypted(store, Away(), policy=policy).get("notes/a")


@pytest.mark.parametrize(
    ("policy", "hint", "calls", "waits"),
    [
        (RetryPolicy(attempts=4, base=0.1, cap=0.5), None, 4, [0.2, 0.4, 0.5]),
        (RetryPolicy(deadline=10, base=1, cap=4), 3.0, 2, [5.0]),
        (RetryPolicy(attempts=2, base=1), 100.0, 1, []),
    ],
)
def test_the_policy_says_how_often_a_provider_is_asked(
    policy: RetryPolicy, hint: float | None, calls: int, waits: list[float]
) -> None:
    asked, slept, now = Counter[str](), list[float](), [0.0]

    def call() -> None:
        asked["call"] += 1
        raise KeyUnavailableError("busy", retry_after=hint)

    def sleep(seconds: float) -> None:
        slept.append(seconds)
        now[0] += seconds

    with pytest.raises(KeyUnavailableError) as caught:
        ask("wrap", call, policy, sleep=sleep, clock=lambda: now[0], uniform=lambda low, high: high)
    assert (asked["call"], slept, caught.value.operation) == (calls, waits, "wrap")


def test_what_is_not_retryable_is_asked_once() -> None:
    asked = Counter[str]()

    def call() -> None:
        asked["call"] += 1
        raise KeyRefusedError("no")

    with pytest.raises(KeyRefusedError):
        ask("wrap", call, RetryPolicy())
    assert asked["call"] == 1


def test_a_caller_without_time_asks_nobody() -> None:
    with deadline(0), pytest.raises(OperationTimeoutError):
        ask("wrap", lambda: pytest.fail("asked"), RetryPolicy())


def test_who_waited_for_the_same_key_meets_the_same_failure(
    store: CountingBackend, vault: Vault
) -> None:
    encrypted(store, vault).put("notes/a", b"a")
    asked, go_on = threading.Event(), threading.Event()

    class Slow(Vault):
        def unwrap(self, wrapped: Wrapped) -> bytes:
            self.calls["unwrap"] += 1
            asked.set()
            assert go_on.wait(30)
            raise down()

    slow, errors = Slow(), list[StorageError]()
    layer = encrypted(store, slow)

    def read() -> None:
        try:
            layer.get("notes/a")
        except StorageError as error:
            errors.append(error)

    threads = [threading.Thread(target=read) for _ in range(8)]
    with Arrivals() as all_of_them:
        for thread in threads:
            thread.start()
        assert asked.wait(30)
        all_of_them.wait(8, layer.keyring.masters._turn)
        go_on.set()
        for thread in threads:
            thread.join()
    assert [type(error) for error in errors] == [KeyUnavailableError] * 8
    assert len({id(error) for error in errors}) == 8
    assert slow.calls["unwrap"] == 1


def test_a_key_that_did_not_wrap_the_master_keys_is_refused(
    store: CountingBackend, tmp_path: Path
) -> None:
    encrypted(store, KeyFile.create(tmp_path / "mine")).put("notes/a", b"a")
    with pytest.raises(KeyRefusedError, match="no version"):
        encrypted(store, KeyFile.create(tmp_path / "other")).get("notes/a")


def test_a_provider_that_does_not_give_back_what_it_wraps_seals_nothing(
    store: CountingBackend,
) -> None:
    class Odd(Vault):
        def unwrap(self, wrapped: Wrapped) -> bytes:
            return bytes(32)

    class NoVersion(Vault):
        def wrap(self, key: bytes) -> Wrapped:
            wrapped = super().wrap(key)
            return Wrapped(wrapped.data, "https://v/keys/k/", wrapped.algorithm)

    for odd in (Odd(), NoVersion()):
        with pytest.raises(KeyRefusedError):
            encrypted(store, odd).put("notes/a", b"a")
    assert not [*store.iterate()]


@pytest.mark.parametrize(
    ("record", "data", "error"),
    [
        ("keys/container.json", b"{", CorruptObjectError),
        ("keys/container.json", b"[]", CorruptObjectError),
        ("keys/container.json", b'{"format":"ingenious.container-key/2"}', UnsupportedFormatError),
        ("keys/container.json", b'{"format":"ingenious.master-key/1"}', CorruptObjectError),
        ("keys/container.json", None, KeyDestroyedError),
        ("master", b'{"format":"ingenious.master-key/7"}', UnsupportedFormatError),
        ("master", None, KeyDestroyedError),
    ],
)
def test_a_record_that_is_lost_or_damaged_is_told_as_such(
    store: CountingBackend, record: str, data: bytes | None, error: type[StorageError]
) -> None:
    encrypted(store).put("notes/a", b"a")
    [master] = [blob.key for blob in store.iterate("keys/master/")]
    name = master if record == "master" else record
    if data is None:
        store.delete(name)
    else:
        store.put(name, data)
    with pytest.raises(error):
        encrypted(store).get("notes/a")


@pytest.mark.parametrize("long", ["created_at", "algorithm", "key_id", "format"])
def test_no_error_is_as_long_as_what_is_wrong(
    store: CountingBackend, tmp_path: Path, long: str
) -> None:
    """It goes into logs and receipts."""
    file = KeyFile.create(tmp_path / "key")
    encrypted(store, file).put("notes/a", b"a")
    (name,) = (info.key for info in store.iterate("keys/master/"))
    for start in ("", "ingenious.master-key/"):
        record = {**json.loads(store.get(name).data), long: start + "x" * 100_000}
        store.put(name, json.dumps(record).encode())
        with pytest.raises((CorruptObjectError, KeyRefusedError, UnsupportedFormatError)) as met:
            encrypted(store, file).get("notes/a")
        assert len(str(met.value)) < 500


def test_what_was_written_without_encryption_is_refused_or_shown(store: CountingBackend) -> None:
    store.put("notes/a", b"plain")
    with pytest.raises(NotEncryptedError) as caught:
        encrypted(store).get("notes/a")
    assert "keys encrypt" in caught.value.hint
    mixed = encrypted(store, accepts_plain=True)
    assert (mixed.get("notes/a").data, mixed.head("notes/a").size) == (b"plain", 5)
    mixed.put("notes/a", b"sealed")
    assert (mixed.get("notes/a").data, mixed.head("notes/a").size) == (b"sealed", 6)
    assert encrypted(store).get("notes/a").data == b"sealed"


def test_the_records_of_keys_are_out_of_reach(store: CountingBackend) -> None:
    layer = encrypted(store)
    layer.put(DOCUMENT, b"1", BEGINS)
    layer.put("notes/a", b"a")
    record = f"keys/documents/{DOCUMENT}"
    store.reset()
    calls = (
        lambda: layer.get(record),
        lambda: layer.head(record),
        lambda: layer.put("keys/mine", b""),
        lambda: layer.delete(record),
        lambda: layer.open_read("keys/container.json"),
    )
    for call in calls:
        with pytest.raises(InvalidKeyError, match="kept for the keys"):
            call()
    assert not store.calls
    answers = layer.delete_many([record, "notes/a"])
    assert isinstance(answers[record], InvalidKeyError)
    assert answers["notes/a"] is None
    assert [blob.key for blob in layer.iterate()] == [DOCUMENT]
    assert layer.list(delimiter="/").prefixes == ("conversations/",)
    assert layer.list("keys/").blobs == ()
    assert [blob.key for blob in layer.iterate("k")] == []
    assert encrypted(store).get(DOCUMENT).data == b"1"
