"""Reports on keys: what was found of, and done to, the keys of containers. No key is in them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from ingenious_storage.config import Role
from ingenious_storage.key_providers.base import VaultKey


@dataclass(frozen=True, slots=True)
class MasterKeyInfo:
    """A master key, as its record says."""

    id: str
    created_at: datetime
    wrapped_by: str
    """The exact vault key that wraps it."""
    is_newest: bool
    """Whether that is the version which wraps from now on: else `rewrap` changes it."""
    is_current: bool
    """Whether new documents use it."""
    documents: int | None
    """Documents that have a key wrapped by it; None where nobody counted."""
    refused: str | None = None
    """Why the provider does not unwrap it; None where it does. The newest version is not asked."""


@dataclass(frozen=True, slots=True)
class ContainerKeysInfo:
    """The keys of one container."""

    masters: Sequence[MasterKeyInfo]
    """Newest first; none before anything was encrypted."""
    container_key: str | None
    """Id of the key of all blobs that belong to no document."""
    documents: int | None
    """Documents that have a key; None where nobody counted."""


@dataclass(frozen=True, slots=True)
class KeysMade:
    """The first keys of a container, or those that were there."""

    master: str
    """The one that is current."""
    container_key: str
    made: bool


@dataclass(frozen=True, slots=True)
class Rewrapped:
    """What came of wrapping the master keys anew."""

    masters: int
    rewrapped: int
    """Those that an older version of the vault key had wrapped."""
    wrapped_by: str
    """The vault key that wraps all of them now; empty where there are none."""


@dataclass(frozen=True, slots=True)
class KeyProblem:
    """A record or a blob that is not as it has to be."""

    key: str
    code: str
    message: str


@dataclass(frozen=True, slots=True)
class KeysVerified:
    """What was looked at, and what is wrong with it."""

    masters: int
    documents: int
    blobs: int
    problems: Sequence[KeyProblem]
    strays: Sequence[str]
    """Records of keys whose document is not there: what a purge or a write left that was cut."""


@dataclass(frozen=True, slots=True)
class KeysDestroyed:
    """Receipt: which keys are gone, and until when the account could still bring them back."""

    masters: Sequence[str]
    container_key: str | None
    documents: int
    """Records of documents' keys that are gone."""
    wrapped_by: Sequence[str]
    """The vault keys that could unwrap a copy of what was destroyed."""
    destroyed_at: datetime | None
    """By the store's clock; None in a dry run."""
    recoverable_until: datetime | None
    """None where the configuration does not say how long the account keeps what was deleted."""
    dry_run: bool


@dataclass(frozen=True, slots=True)
class KeysCreated:
    """What `init` made, or found."""

    provider: str
    place: str
    """Where the provider keeps its key, safe to print."""
    key_file_made: bool
    containers: Mapping[Role, KeysMade]


@dataclass(frozen=True, slots=True)
class KeysStatus:
    """The key of the provider, and those of both containers."""

    provider: str
    place: str
    key: VaultKey
    containers: Mapping[Role, ContainerKeysInfo]
