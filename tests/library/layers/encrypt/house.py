"""One encrypted container for tests: a layer over a store, with a key provider that counts."""

from __future__ import annotations

import base64
import traceback
from collections import Counter
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

from cryptography.hazmat.primitives import keywrap

from ingenious_storage.backends.base import Backend
from ingenious_storage.errors import KeyRefusedError, StorageError
from ingenious_storage.key_providers.base import KeyProvider, VaultKey, Wrapped
from ingenious_storage.layers.encrypt.keyring import Keyring
from ingenious_storage.layers.encrypt.layer import EncryptLayer
from ingenious_storage.layers.retry import RetryPolicy
from tests.library.layers.encrypt import second_writer as fixed

DOCUMENT = "conversations/c-1/memory.json"
ONCE = RetryPolicy(attempts=1)


def document_of(key: str) -> str | None:
    """Documents are below `conversations/`; their segments below `history/`."""
    key = key.removeprefix("history/").partition("/memory.json")[0] + "/memory.json"
    return key if key.startswith("conversations/") else None


class Vault(KeyProvider):
    """A vault in memory, with the fixed key, that can be down."""

    name, place = "key_file", "a test"

    def __init__(self) -> None:
        self.calls: Counter[str] = Counter()
        self.keys = {"v1": fixed.VAULT}
        self.failure: Callable[[], StorageError] | None = None

    def wrap(self, key: bytes) -> Wrapped:
        self._asked("wrap")
        newest = [*self.keys][-1]
        data = keywrap.aes_key_wrap(self.keys[newest], key)
        return Wrapped(data, f"file:key.json/{newest}", "A256KW")

    def unwrap(self, wrapped: Wrapped) -> bytes:
        self._asked("unwrap")
        version = wrapped.key_id.rpartition("/")[2]
        try:
            return keywrap.aes_key_unwrap(self.keys[version], wrapped.data)
        except (KeyError, keywrap.InvalidUnwrap):
            raise KeyRefusedError(f"version {version} did not wrap this") from None

    def describe(self) -> VaultKey:
        return VaultKey(f"file:key.json/{[*self.keys][-1]}", True, None, None)

    def close(self) -> None: ...

    def _asked(self, call: str) -> None:
        self.calls[call] += 1
        if self.failure is not None:
            raise self.failure()


class Time:
    """Both clocks of a keyring."""

    def __init__(self) -> None:
        self.seconds = 0.0

    def now(self) -> datetime:
        return datetime.fromtimestamp(1_800_000_000 + self.seconds, UTC)

    def monotonic(self) -> float:
        return self.seconds


def encrypted(
    store: Backend,
    vault: KeyProvider | None = None,
    *,
    role: str = "data",
    time: Time | None = None,
    policy: RetryPolicy = ONCE,
    **options: Any,
) -> EncryptLayer:
    """A layer as a process of its own has it: it knows no key yet."""
    vault, time = vault or Vault(), time or Time()
    keyring = Keyring(
        store,
        lambda: vault,
        role=role,
        document_of=document_of,
        policy=policy,
        clock=time.now,
        monotonic=time.monotonic,
    )
    return EncryptLayer(store, keyring, **options)


def key_of(stored: bytes) -> str:
    """The id of the key that stored bytes name."""
    return stored[6:22].hex()


def base64_of(data: bytes) -> str:
    return base64.b64encode(data).decode()


def shown(error: BaseException) -> str:
    """All that a report of an error could hold, of those that it came from too."""
    parts, seen = [], set[int]()
    waiting: list[BaseException | None] = [error]
    while waiting:
        each = waiting.pop()
        if each is None or id(each) in seen:
            continue
        seen.add(id(each))
        lines = traceback.TracebackException.from_exception(each, capture_locals=True).format()
        parts += [*lines, repr(each), repr(vars(each)), repr(each.args)]
        waiting += [each.__cause__, each.__context__]
    return "".join(parts)
