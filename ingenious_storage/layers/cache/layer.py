"""Cache layer: whole blobs in memory, as the layers beneath have shown them, decrypted.

A read within `max_age` asks nobody; else it asks the store whether the blob has changed, by one
conditional request without a body. Who has to know (`GetOptions.fresh`) always asks. Correctness
never rests on what is remembered: a write is conditional where that matters.

A blob's own writes are remembered too. One that failed, whose answer was lost, or that ran beside
another write of the same key makes the key forgotten. That there is no blob is never remembered.
Ranges, `open_read`, `upload`, heads and listings pass by.

While the store is down, and with `stale_if_error`, reads that can be answered from memory are, at
once: the store is asked again by one reader a second, for a second. Writes fail as they do without
a cache, and so do reads that must be fresh. A store that refuses is not down: its answer is given.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import replace
from typing import BinaryIO, Final, TypeVar

from ingenious_storage import telemetry
from ingenious_storage.backends.base import (
    GET_DEFAULTS,
    NO_PROPERTIES,
    PUT_DEFAULTS,
    Backend,
    Blob,
    BlobInfo,
    GetOptions,
    IfMatch,
    PutOptions,
)
from ingenious_storage.errors import (
    ContainerNotFoundError,
    CorruptObjectError,
    NotFoundError,
    NotModifiedError,
    OperationTimeoutError,
    PermissionDeniedError,
    StorageError,
    ThrottledError,
    UnavailableError,
    UnsupportedFormatError,
)
from ingenious_storage.layers.base import Layer
from ingenious_storage.layers.cache.entries import Entries, Entry
from ingenious_storage.layers.cache.flights import Flights
from ingenious_storage.layers.cache.outage import Outage
from ingenious_storage.layers.telemetry import CacheTelemetry
from ingenious_storage.runtime import deadlines

T = TypeVar("T")
_PATIENCE: Final = 1.0
"""Seconds that a read waits for a store, when it could be answered from memory."""
_FAIR: Final = 0.1
"""Seconds that a caller's deadline has to leave, for a failure to say something of the store."""
_DOWN: Final = (UnavailableError, OperationTimeoutError, ThrottledError)
_GONE: Final = (
    ContainerNotFoundError,
    CorruptObjectError,
    NotFoundError,
    PermissionDeniedError,
    UnsupportedFormatError,
)
"""What says that the store has no longer what is remembered, or not for this reader."""


class CacheLayer(Layer):
    """Remembers what is read from and written to `inner`. Thread-safe; empty in a forked child.

    Args:
        inner: the layers beneath.
        max_bytes: bound of what is remembered, its names and the cache's own tables included.
        max_age: seconds in which nobody is asked.
        stale_if_error: seconds for which a blob is shown while the store is down; None: not.
        role: of the container, for telemetry.
        clock: in seconds; it never goes back.
    """

    def __init__(
        self,
        inner: Backend,
        *,
        max_bytes: int,
        max_age: float = 0.0,
        stale_if_error: float | None = None,
        role: str = "data",
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        super().__init__(inner)
        self.container, self._telemetry = role, CacheTelemetry(role)
        self._max_age, self._max_stale, self._clock = max_age, stale_if_error or 0.0, clock
        self._entries, self._outage = Entries(max_bytes), Outage(clock)
        self._flights = Flights[Entry]()
        telemetry.watch_cache(self)

    @property
    def remembered_bytes(self) -> int:
        """As they count towards the bound."""
        return self._entries.bytes

    def get(self, key: str, options: GetOptions = GET_DEFAULTS) -> Blob:
        """From memory or from the store, as the module says; a range from the store."""
        if options.byte_range is not None:
            return self.inner.get(key, options)
        entry = self._entries.get(key)
        if entry is not None and entry.answers(options.if_none_match) and not options.fresh:
            age = self._clock() - entry.asked
            if age < self._max_age:
                self._telemetry.hit(entry.length)
                return entry.answer(key, options.if_none_match)
            if age < self._max_stale:
                return self._get_or_stale(key, options, entry)
        return self._ask(key, options)

    def is_current(self, key: str, etag: str) -> bool:
        """Whether it is what is remembered, within `max_age`."""
        entry = self._entries.get(key)
        if entry is None or entry.etag != etag or self._clock() - entry.asked >= self._max_age:
            return False
        if telemetry.is_enabled():
            self._telemetry.hit(entry.length)
        return True

    def put(self, key: str, data: bytes, options: PutOptions = PUT_DEFAULTS) -> BlobInfo:
        """Forwarded, and remembered."""
        mark, asked, entry = self._entries.begin_write(key), self._clock(), None
        try:
            info = self.inner.put(key, data, options)
            entry = self._written(data, info, options, asked)
            return info
        finally:
            self._entries.end_write(key, mark, entry)

    def upload(self, key: str, stream: BinaryIO, options: PutOptions = PUT_DEFAULTS) -> BlobInfo:
        """Forwarded, and forgotten."""
        return self._forgetting((key,), lambda: self.inner.upload(key, stream, options))

    def delete(self, key: str, *, condition: IfMatch | None = None) -> None:
        """Forwarded, and forgotten."""
        self._forgetting((key,), lambda: self.inner.delete(key, condition=condition))

    def delete_many(self, keys: Iterable[str]) -> Mapping[str, StorageError | None]:
        """Forwarded, and forgotten."""
        wanted = tuple(keys)
        return self._forgetting(wanted, lambda: self.inner.delete_many(wanted))

    def destroy_keys(self, key: str, ids: Collection[str]) -> None:
        """Forwarded; what is remembered of the document's head is forgotten."""
        self._forgetting((key,), lambda: self.inner.destroy_keys(key, ids))

    def forget_all(self) -> None:
        """All that is remembered: the keys of all of it are destroyed."""
        self._entries.forget_all()

    def _forgetting(self, keys: Collection[str], call: Callable[[], T]) -> T:
        marks = [(key, self._entries.begin_write(key)) for key in keys]
        try:
            return call()
        finally:
            for key, mark in marks:
                self._entries.end_write(key, mark)

    def _written(
        self, data: bytes, info: BlobInfo, options: PutOptions, asked: float
    ) -> Entry | None:
        """What a read would show of it; None where only the store can tell."""
        if options.properties != NO_PROPERTIES or type(data) is not bytes:
            return None
        kind = options.content_type if self.keeps_properties else None
        return Entry.of(Blob(data, replace(info, content_type=kind)), asked)

    def _get_or_stale(self, key: str, options: GetOptions, entry: Entry) -> Blob:
        if self._outage.may_ask():
            given = deadlines.remaining()
            try:
                with deadlines.opened(_PATIENCE):
                    return self._ask(key, options)
            except _DOWN:
                if given is None or given >= _FAIR:
                    self._outage.goes_on()
        self._telemetry.stale(entry.length)
        return entry.answer(key, options.if_none_match)

    def _ask(self, key: str, options: GetOptions) -> Blob:
        """As the store has it, by this caller's request or by that of another."""
        running = self._max_age > 0 and not options.fresh
        while True:
            entry, is_own = self._flights.join(
                key,
                lambda: self._request(key, options),
                mark=self._entries.mark(key),
                running=running,
            )
            if entry.answers(options.if_none_match):  # else it was asked with another ETag
                if not is_own:
                    self._telemetry.hit(entry.length)
                return entry.answer(key, options.if_none_match)

    def _request(self, key: str, options: GetOptions) -> Entry:
        held, mark, asked = self._entries.get(key), self._entries.mark(key), self._clock()
        if held is None or held.blob is None:
            held = None if options.if_none_match is None else Entry(options.if_none_match, asked)
        try:
            entry = self._shown(key, held, asked, fresh=options.fresh)
        except _DOWN:
            if deadlines.remaining() != 0:  # else it is the caller who has no more time
                self._outage.goes_on()
            raise
        except StorageError as error:
            self._outage.is_over()
            if isinstance(error, _GONE):
                self._entries.forget(key)
            raise
        self._outage.is_over()
        self._entries.keep(key, entry, mark)
        return entry

    def _shown(self, key: str, held: Entry | None, asked: float, *, fresh: bool) -> Entry:
        try:
            blob = self.inner.get(key, GetOptions(None, held.etag if held else None, fresh))
        except NotModifiedError:
            if held is None:  # a store that answers what nobody has asked
                raise
            self._telemetry.revalidated(held.length)
            return held.shown_at(asked)
        self._telemetry.miss()
        return Entry.of(blob, asked)
