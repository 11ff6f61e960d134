"""Providers of others that give or raise what none should: refused, before anything is stored."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from ingenious_storage.backends.inmemory import InMemoryBackend
from ingenious_storage.errors import KeyRefusedError
from ingenious_storage.key_providers.base import VaultKey, Wrapped
from tests.library.layers.encrypt.house import Vault, encrypted, shown


class Odd(Vault):
    """Gives other fields than it should, or raises."""

    def __init__(self, *, raises: Exception | None = None, **fields: Any) -> None:
        super().__init__()
        self._raises, self._fields = raises, fields
        self.given = list[bytes]()

    def wrap(self, key: bytes) -> Wrapped:
        self.given.append(key)
        if self._raises is not None:
            raise self._raises
        return replace(super().wrap(key), **self._fields)

    def unwrap(self, wrapped: Wrapped) -> bytes:
        if self._raises is not None:
            raise self._raises
        return super().unwrap(wrapped)

    def describe(self) -> VaultKey:
        raise self._raises or AssertionError


ODD: list[dict[str, Any]] = [
    {"algorithm": ""},  # it would be stored, and never be read back
    {"algorithm": None},
    {"key_id": 5},
    {"key_id": "file:\udcff/1"},
    {"data": bytearray(40)},
    {"data": "text"},
]
RAISED = [ValueError("a"), OSError("b"), RuntimeError("c")]


@pytest.mark.parametrize("fields", ODD, ids=repr)
def test_what_cannot_be_read_back_is_not_stored(fields: dict[str, Any]) -> None:
    store = InMemoryBackend()
    with pytest.raises(KeyRefusedError, match="the key provider failed"):
        encrypted(store, Odd(**fields)).put("notes/a", b"a")
    assert not [*store.iterate()]


@pytest.mark.parametrize("raises", RAISED, ids=repr)
def test_whatever_it_raises_is_refused_and_shows_no_key(raises: Exception) -> None:
    store, odd = InMemoryBackend(), Odd(raises=raises)
    layer = encrypted(store, odd)
    with pytest.raises(KeyRefusedError, match=type(raises).__name__) as caught:
        layer.put("notes/a", b"a")
    told = shown(caught.value)
    assert len(odd.given) == 1
    assert repr(odd.given[0]) not in told
    assert not [*store.iterate()]
    encrypted(store).put("notes/a", b"a")
    for call in (lambda: layer.get("notes/a"), layer.keyring.masters.vault_key):
        with pytest.raises(KeyRefusedError, match=type(raises).__name__):
            call()


@pytest.mark.parametrize("given", [None, "k" * 32, bytearray(b"k" * 32), 32], ids=type)
def test_a_key_that_is_no_bytes_is_refused(given: Any) -> None:
    class Unwraps(Vault):
        def unwrap(self, wrapped: Wrapped) -> bytes:
            return given  # type: ignore[no-any-return]

    store = InMemoryBackend()
    encrypted(store).put("notes/a", b"a")
    with pytest.raises(KeyRefusedError, match="the key provider failed: TypeError"):
        encrypted(store, Unwraps()).get("notes/a")
