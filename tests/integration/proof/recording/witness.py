"""What was really sent to a store, and what it took: seen from both ends of a client."""

from __future__ import annotations

import hashlib
import threading

import orjson

from ingenious_storage.backends.base import PUT_DEFAULTS, Backend, BlobInfo, PutOptions
from ingenious_storage.errors import StorageError
from ingenious_storage.layers.base import Layer
from tests.integration.proof.recording.journal import Call, Journal


def digest_of(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


class Landed:
    """Bytes that the store has taken, or may have, by their digests, as a proxy sees it."""

    def __init__(self) -> None:
        self.known: set[str] = set()
        self.doubtful: set[str] = set()

    def took(self, _key: str, data: bytes) -> None:
        self.known.add(digest_of(data))

    def missed(self, _key: str, data: bytes) -> None:
        self.doubtful.add(digest_of(data))

    def has(self, digest: str) -> bool | None:
        """None when nobody can tell."""
        return True if digest in self.known else None if digest in self.doubtful else False


class Trail:
    """Both ends of one client's stack: heads as its documents have them, and as they are sent."""

    def __init__(self, journal: Journal) -> None:
        self.journal = journal
        self._threads = threading.local()

    def meant(self, key: str, data: bytes) -> None:
        fields = orjson.loads(data)
        newest = fields.get("purges", {}).get("newest") or [{}]
        self._threads.head = {
            "key": key,
            **{name: fields[name] for name in ("write_id", "number", "first", "deleted", "data")},
            "mark": (fields.get("rewritten") or [None])[-1],
            "erased": newest[-1].get("number"),
            "withdrawn": fields.get("withdrawn", {}).get("ranges"),
        }

    def sent(self, key: str, data: bytes) -> int | None:
        """Which request it is that is to be sent now, if it is of a head."""
        head: Call | None = getattr(self._threads, "head", None)
        if head is None or head["key"] != key:
            return None
        return self.journal.sent({**head, "digest": digest_of(data)})

    def over(self) -> None:
        self._threads.head = None


class Sent(Layer):
    """The upper end: over all layers."""

    def __init__(self, inner: Backend, trail: Trail) -> None:
        super().__init__(inner)
        self._trail = trail

    def put(self, key: str, data: bytes, options: PutOptions = PUT_DEFAULTS) -> BlobInfo:
        if is_head(key):
            self._trail.meant(key, data)
        try:
            return super().put(key, data, options)
        finally:
            self._trail.over()


class Wire(Layer):
    """The lower end: what goes to the store."""

    def __init__(self, inner: Backend, trail: Trail) -> None:
        super().__init__(inner)
        self._trail = trail

    def put(self, key: str, data: bytes, options: PutOptions = PUT_DEFAULTS) -> BlobInfo:
        request = self._trail.sent(key, data)
        try:
            info = super().put(key, data, options)
        except StorageError as error:
            if request is not None and not error.outcome_unknown:
                self._trail.journal.heard(request, landed=False)
            raise
        if request is not None:
            self._trail.journal.heard(request, landed=True)
        return info


class Witness(Layer):
    """Notes what a store says of each head that comes to it."""

    def __init__(self, inner: Backend, journal: Journal) -> None:
        super().__init__(inner)
        self._journal = journal

    def put(self, key: str, data: bytes, options: PutOptions = PUT_DEFAULTS) -> BlobInfo:
        digest = digest_of(data)
        try:
            info = super().put(key, data, options)
        except StorageError as error:
            if not error.outcome_unknown:
                self._journal.became(digest, landed=False)
            raise
        self._journal.became(digest, landed=True)
        return info


def is_head(key: str) -> bool:
    return not key.startswith(("deleted/", "history/", "keys/", ".health/"))
