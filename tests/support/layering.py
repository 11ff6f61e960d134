"""Compression, encryption and cache for tests that are told of documents: one switch for all.

A client's container is `files_on` a store. Who looks at the bytes from behind looks `behind` it.
Both are the store itself until `layered` is entered.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from typing import Any, Final

from ingenious_storage.backends.base import Backend
from ingenious_storage.config import StorageSettings
from ingenious_storage.config.models import RetrySettings
from ingenious_storage.file_storage import FileStorage
from ingenious_storage.wiring import Keys, build_stack

MIB: Final = 1024 * 1024
_ONCE: Final = RetrySettings(attempts=1)
_key_file: Path | None = None


def key_file() -> Path | None:
    """That of the layers which are on; None while they are off."""
    return _key_file


@contextmanager
def layered(key_file: Path) -> Iterator[None]:
    """All three layers on. Processes are handed `key_file` by their `Place`."""
    global _key_file  # noqa: PLW0603  # one for each test
    _key_file = key_file
    try:
        yield
    finally:
        _key_file = None


def sections(
    key_file: Path | None, *, accept_plain: bool = False, max_age: float = 0.0
) -> dict[str, Any]:
    """The sections of `storage:` that turn the layers on; none without a key."""
    if key_file is None:
        return {}
    return {
        "compression": {"enabled": True},
        "encryption": {"provider": "key_file", "key_file": key_file, "accept_plain": accept_plain},
        "cache": {"max_bytes": 8 * MIB, "max_age": max_age},
    }


def files_on(
    backend: Backend, key_file: Path | None = None, *, accept_plain: bool = False
) -> FileStorage:
    """What a client has: the layers over a store or a line to it, without retries."""
    key_file = key_file or _key_file
    if key_file is None:
        return FileStorage(backend)
    return FileStorage(stack(_settings(key_file, accept_plain=accept_plain), backend))


@cache  # they take longer to make than a stack
def _settings(key_file: Path, *, accept_plain: bool) -> StorageSettings:
    return StorageSettings(retry=_ONCE, **sections(key_file, accept_plain=accept_plain))


def stack(settings: StorageSettings, backend: Backend) -> Backend:
    """What `wiring` makes of one container, for tests that call any blob a document."""
    keys = Keys(settings)
    keys.owns["data"] = _owns
    return build_stack(settings, backend, role="data", keys=keys)


def _owns(key: str) -> bool:
    return not key.startswith(("deleted/", "history/", ".health/"))


def new_key_file(folder: Path) -> Path:
    """A local file with a key to wrap by."""
    from ingenious_storage.key_providers.key_file import KeyFile

    path = folder / "keys.json"
    KeyFile.create(path)
    return path


def behind(backend: Backend) -> Backend:
    """What lies in a store, decoded, as one sees it who has the key and remembers nothing."""
    return backend if _key_file is None else files_on(backend).backend
