"""Canaries: no byte of a key is in a repr, an error, a traceback with local variables, or a log."""

from __future__ import annotations

import base64
import copy
import json
import logging
import pickle
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from ingenious_storage.backends.base import (
    PUT_DEFAULTS,
    Backend,
    BlobInfo,
    IfAbsent,
    Lineage,
    PutOptions,
)
from ingenious_storage.backends.inmemory import InMemoryBackend
from ingenious_storage.errors import KeyUnavailableError, StorageError, UnavailableError
from ingenious_storage.key_providers.base import Wrapped
from ingenious_storage.key_providers.key_file import KeyFile
from ingenious_storage.layers.base import Layer
from ingenious_storage.layers.encrypt.envelope import Key, Sealer
from ingenious_storage.layers.encrypt.layer import EncryptLayer
from ingenious_storage.runtime.secret import Secret
from tests.library.layers.encrypt import second_writer as fixed
from tests.library.layers.encrypt.house import DOCUMENT, encrypted, shown
from tests.library.layers.encrypt.second_reader import hkdf, text

SALT = bytes(range(100, 116))


def _canaries() -> Iterator[str]:
    wrap = b"ingenious.key-wrap/1" + text("data")
    derived = [hkdf(fixed.MASTER, b"", wrap + text(document)) for document in ("", DOCUMENT)]
    derived += [
        hkdf(key, SALT, b"ingenious.encrypted/1") for key in (fixed.CONTAINER, fixed.DOCUMENT)
    ]
    for key in (fixed.VAULT, fixed.MASTER, fixed.CONTAINER, fixed.DOCUMENT, *derived):
        part = key[:8]
        yield from (repr(part)[2:-1], part.hex(), base64.b64encode(key).decode()[:10])


CANARIES = [*_canaries()]


def clean(shown: str) -> bool:
    return not any(canary in shown for canary in CANARIES)


class Failing(Layer):
    """A store that fails at what it is told to."""

    fails: str | None = None

    def put(self, key: str, data: bytes, options: PutOptions = PUT_DEFAULTS) -> BlobInfo:
        if self.fails is not None and key.startswith(self.fails):
            raise UnavailableError("the store is down", key=key)
        return super().put(key, data, options)


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "key.json"
    path.write_bytes(fixed.KEY_FILE)
    path.chmod(0o600)
    return path


@pytest.fixture
def store() -> Failing:
    store = Failing(InMemoryBackend())
    fixed.install(store, document=DOCUMENT)
    keys = {
        "notes/a": (fixed.CONTAINER, fixed.CONTAINER_ID),
        DOCUMENT: (fixed.DOCUMENT, fixed.DOCUMENT_ID),
    }
    for name, (key, key_id) in keys.items():
        store.put(name, fixed.sealed(key, key_id, SALT, role="data", name=name, data=b"{}"))
    return store


@pytest.fixture
def layer(store: Failing, file: Path) -> EncryptLayer:
    layer = encrypted(store, KeyFile(file))
    assert layer.get("notes/a").data == layer.get(DOCUMENT).data == b"{}"
    return layer


def _flip(store: Backend, *keys: str, at: int = -1) -> None:
    for key in keys:
        data = bytearray(store.get(key).data)
        data[at] ^= 1
        store.put(key, bytes(data))


def _edit(store: Backend, record: str, **fields: object) -> None:
    found = json.loads(store.get(record).data)
    (found["keys"][0] if "keys" in found else found).update(fields)
    store.put(record, json.dumps(found).encode())


OTHER = base64.b64encode(bytes(40)).decode()
RECORD, CONTAINER = f"keys/documents/{DOCUMENT}", "keys/container.json"
MASTER = f"keys/master/{fixed.MASTER_ID}.json"
FAULTS: dict[str, Callable[[Failing, Path], object]] = {
    "blob": lambda store, file: _flip(store, "notes/a", DOCUMENT),
    "records": lambda store, file: _flip(store, RECORD, CONTAINER, MASTER, at=5),
    "document key": lambda store, file: _edit(store, RECORD, wrapped=OTHER),
    "container key": lambda store, file: _edit(store, CONTAINER, wrapped=OTHER),
    "master key": lambda store, file: _edit(store, MASTER, wrapped=OTHER),
    "short key": lambda store, file: _edit(store, RECORD, wrapped=OTHER[:16]),
    "key file gone": lambda store, file: file.unlink(),
    "key file open": lambda store, file: file.chmod(0o644),
    "key file cut": lambda store, file: file.write_bytes(fixed.KEY_FILE[:-3]),
    "key file odd": lambda store, file: file.write_bytes(fixed.KEY_FILE.replace(b"created", b"x")),
    "key file short": lambda store, file: file.write_bytes(fixed.KEY_FILE.replace(b'ERE="', b'"')),
    "key file other": lambda store, file: file.write_bytes(fixed.KEY_FILE.replace(b"v1", b"v2")),
    "plain": lambda store, file: [store.put(key, b"{}") for key in ("notes/a", DOCUMENT)],
}


@pytest.mark.parametrize("fault", FAULTS)
def test_no_error_shows_a_key(
    store: Failing, file: Path, fault: str, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    FAULTS[fault](store, file)
    reader, errors = encrypted(store, KeyFile(file)), list[StorageError]()
    calls: tuple[Callable[[str], object], ...] = (reader.get, lambda key: reader.put(key, b"x"))
    for key in ("notes/a", DOCUMENT):
        for call in calls:
            try:
                call(key)
            except StorageError as error:
                errors.append(error)
    assert errors
    for each in errors:
        assert clean(shown(each))
        assert clean(shown(pickle.loads(pickle.dumps(each))))
    assert clean(caplog.text)


@pytest.mark.parametrize("fails", ["notes/", "keys/documents/", "conversations/"])
def test_no_error_of_the_store_shows_a_key(store: Failing, layer: EncryptLayer, fails: str) -> None:
    store.fails = fails
    new = "conversations/new/memory.json"
    begins = PutOptions(condition=IfAbsent(), lineage=Lineage.BEGINS)
    errors = []
    for key, options in (("notes/a", PUT_DEFAULTS), (new, begins), (DOCUMENT, PUT_DEFAULTS)):
        try:
            layer.put(key, b"x", options)
        except UnavailableError as error:
            errors.append(shown(error))
    assert errors
    assert all(clean(error) for error in errors)


class Busy(KeyFile):
    """Fails with the key in its hands."""

    def wrap(self, key: bytes) -> Wrapped:
        try:
            raise OSError(f"no route for {len(key)} bytes")
        except OSError as error:
            raise KeyUnavailableError("the vault is away") from error


def test_no_provider_that_fails_shows_what_it_was_to_wrap(
    store: Failing, layer: EncryptLayer, file: Path
) -> None:
    masters = encrypted(store, Busy(file)).keyring.masters
    secret = layer.keyring.masters.get(fixed.MASTER_ID)
    with pytest.raises(KeyUnavailableError) as caught:
        masters.rewrapped(fixed.MASTER_ID, secret, datetime.now(UTC))
    assert clean(shown(caught.value))


def test_nothing_that_holds_keys_shows_them_or_is_pickled(layer: EncryptLayer, file: Path) -> None:
    ring = layer.keyring
    secret = Secret(fixed.MASTER)
    sealer = Sealer(secret, bytes(38), "data", "k")
    things = [layer, ring, ring.masters, ring.container, ring.documents, KeyFile(file), secret]
    for thing in things:
        assert clean(repr(thing) + str(thing))
        with pytest.raises(TypeError, match="cannot be pickled"):
            pickle.dumps(thing)
    seen = [vars(ring.masters), vars(ring.container), vars(ring.documents), Key(b"id", secret)]
    assert clean(repr(seen) + repr(sealer) + f"{secret} {secret!r}")
    assert copy.deepcopy(secret) is secret
    assert (secret == Secret(fixed.MASTER), secret == Secret(fixed.VAULT)) == (True, False)
    with pytest.raises(TypeError, match="cannot be pickled"):
        pickle.dumps(Key(b"id", secret))


def test_the_canaries_would_be_seen() -> None:
    key = fixed.MASTER
    with pytest.raises(ZeroDivisionError) as caught:
        divmod(len(key), 0)
    assert not clean(shown(caught.value))  # in the local variables of this test
