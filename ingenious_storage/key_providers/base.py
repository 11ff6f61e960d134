"""Key provider boundary: what wraps and unwraps a master key, as one small interface.

A provider keeps one *vault key*, which never leaves it. It is asked once for each master key of a
process, and by whom administrates keys; never for a document. It does not retry, cache or log.

**Errors.** KeyUnavailableError when it cannot be reached or is busy (retryable, with `retry_after`
where it says one); KeyRefusedError when it refuses: no such key, a disabled one, no right to it,
or bytes that this key did not wrap. AuthenticationError when nobody could sign in. No message
holds key material. Whatever else is raised or given becomes a KeyRefusedError that names its type
only, since its text and its frames may hold a key.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass
from datetime import datetime

from ingenious_storage.runtime.unpickled import Unpickled

MASTER_KEY_BYTES = 32


@dataclass(frozen=True, slots=True)
class Wrapped:
    """A master key that was wrapped: safe to store, and to show."""

    data: bytes
    key_id: str
    """The exact key that wrapped it, its version included."""
    algorithm: str
    """The provider's own name for it: "RSA-OAEP-256", "A256KW"."""


@dataclass(frozen=True, slots=True)
class VaultKey:
    """What a provider says of its key as it is now."""

    key_id: str
    """The version that wraps from now on."""
    enabled: bool
    created_at: datetime | None
    expires_at: datetime | None
    other_versions: int | None = None
    """How many more there are; None when the provider does not say."""


class KeyProvider(Unpickled, ABC):
    """One vault key. Thread-safe."""

    name: str
    """That of its configuration: "key_file"."""
    place: str
    """Where the key is kept, safe to print: a path or a URL."""

    @abstractmethod
    def wrap(self, key: bytes) -> Wrapped:
        """`key`, of `MASTER_KEY_BYTES` bytes, wrapped by the newest version."""

    @abstractmethod
    def unwrap(self, wrapped: Wrapped) -> bytes:
        """The key that `wrap` was given, by the version that wrapped it."""

    @abstractmethod
    def describe(self) -> VaultKey:
        """The key as it is now; one request where it is kept elsewhere."""

    @abstractmethod
    def close(self) -> None:
        """Give resources back; more than once is fine."""
