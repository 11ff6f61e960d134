"""The blobs that an examination writes, and the promise that none stays behind."""

from __future__ import annotations

import threading
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Final
from uuid import uuid4

from ingenious_storage.backends.base import PutOptions
from ingenious_storage.errors import NotFoundError, StorageError

if TYPE_CHECKING:
    from ingenious_storage.backends.base import Backend, BlobInfo, Condition

PREFIX: Final = ".health/doctor-"
ABANDONED_AFTER: Final = timedelta(hours=1)
"""No examination takes as long: an older probe is of one that was killed."""


@dataclass
class Probe:
    """A blob that is there for the checks of one container; `info` is its newest state."""

    key: str
    data: bytes
    info: BlobInfo


class Probes:
    """Remembers each blob before it is written, until it is known to be gone. Thread-safe."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._there: dict[str, Backend] = {}
        self._pending: set[str] = set()
        """Keys whose write is on its way, or whose write may land although nobody waits."""
        self._over = False

    def put(
        self, backend: Backend, key: str, data: bytes, condition: Condition | None = None
    ) -> BlobInfo:
        """As the backend's. Once `clean` was called, what was written is deleted at once."""
        with self._lock:
            is_new = key not in self._there
            self._there[key] = backend
            self._pending.add(key)
        try:
            info = backend.put(key, data, PutOptions(condition=condition))
        except StorageError as error:
            if not error.outcome_unknown:
                self._settle(key, gone=is_new)
            raise
        else:
            self._settle(key, gone=False)
            return info
        finally:
            if self._over:
                self._delete(key)

    def gone(self, key: str) -> None:
        """Note that the blob at `key` is not there any more."""
        self._settle(key, gone=True)

    def clean(self) -> None:
        """Delete what is still there."""
        self._over = True
        for key in self.left:
            self._delete(key)

    @property
    def left(self) -> list[str]:
        """The keys that may still be there."""
        with self._lock:
            return [*self._there]

    def _settle(self, key: str, *, gone: bool) -> None:
        with self._lock:
            self._pending.discard(key)
            if gone:
                self._there.pop(key, None)

    def _delete(self, key: str) -> None:
        with self._lock:
            backend = self._there.get(key)
        if backend is None:
            return
        try:
            backend.delete(key)
        except NotFoundError:
            with self._lock:
                if key not in self._pending:
                    self._there.pop(key, None)
        except StorageError:
            return  # `left` tells
        else:
            with self._lock:
                self._there.pop(key, None)


def new_key() -> str:
    """A key for a probe, which no two examinations share."""
    return f"{PREFIX}{uuid4().hex}"


def sweep(backend: Backend, newest: Probe) -> int:
    """Delete the probes of examinations that were killed; how many. By the store's own clock."""
    before = newest.info.last_modified - ABANDONED_AFTER
    found = [
        info.key
        for info in backend.list(PREFIX).blobs
        if info.last_modified < before and info.key != newest.key
    ]
    for key in found:
        backend.delete(key)
    return len(found)
