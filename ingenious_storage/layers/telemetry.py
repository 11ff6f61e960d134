"""Telemetry of the layers that change or remember data. Names and meanings: docs/metrics.md."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final, Literal, get_args

from ingenious_storage import telemetry
from ingenious_storage.errors import NotFoundError, StorageError

Answered = Literal["hit", "revalidated", "miss", "stale"]
"""Who answered a read: memory, without asking; memory, as the store has the same; the store;
memory, as the store is down."""
Level = Literal["document", "container", "master", "vault"]
"""Of a key that was asked for: the first three by reading their record, the last by unwrapping a
master key."""


class CacheTelemetry:
    """Counts the reads of one container through its cache, and logs when they become stale."""

    def __init__(self, container: str) -> None:
        self.container = container
        self._answered: Final = {
            answered: {telemetry.ATTR_CONTAINER: container, telemetry.ATTR_OUTCOME: answered}
            for answered in get_args(Answered)
        }
        self._is_stale = False

    def hit(self, size: int) -> None:
        """`size` bytes were shown without asking the store."""
        self._count("hit", size)

    def revalidated(self, size: int) -> None:
        """The store said that the `size` bytes have not changed."""
        self._is_stale = False
        self._count("revalidated", size)

    def miss(self) -> None:
        """The store was asked for the whole blob, and answered."""
        self._is_stale = False
        telemetry.emit.cache_reads.add(1, self._answered["miss"])

    def stale(self, size: int) -> None:
        """The store is down, and `size` bytes that it had once were shown."""
        self._count("stale", size)
        telemetry.add_event(telemetry.EVENT_STALE)
        if not self._is_stale:  # once an outage
            self._is_stale = True
            telemetry.logger.warning(
                "the store does not answer: reads of the %s container show what is remembered",
                self.container,
            )

    def _count(self, answered: Answered, size: int) -> None:
        attributes = self._answered[answered]
        telemetry.emit.cache_reads.add(1, attributes)
        telemetry.emit.cache_bytes.add(size, attributes)


class CompressionTelemetry:
    """Counts the bytes of one container before and after compression."""

    def __init__(self, container: str) -> None:
        self._written = {
            telemetry.ATTR_CONTAINER: container,
            telemetry.ATTR_DIRECTION: "write",
        }
        self._read = {**self._written, telemetry.ATTR_DIRECTION: "read"}

    def written(self, plain: int, stored: int) -> None:
        """A blob of `plain` bytes became one of `stored` bytes."""
        telemetry.emit.plain_bytes.add(plain, self._written)
        telemetry.emit.stored_bytes.add(stored, self._written)

    def read(self, plain: int, stored: int) -> None:
        """A blob of `stored` bytes was one of `plain` bytes."""
        telemetry.emit.plain_bytes.add(plain, self._read)
        telemetry.emit.stored_bytes.add(stored, self._read)


class KeyTelemetry:
    """Counts what one container asks for keys, and the blobs that it refuses."""

    def __init__(self, container: str) -> None:
        self._container = {telemetry.ATTR_CONTAINER: container}
        self._levels = {
            level: {**self._container, telemetry.ATTR_LEVEL: level} for level in get_args(Level)
        }

    @contextmanager
    def fetching(self, level: Level) -> Iterator[None]:
        """Count one try to get a key, and how it ended; that there is none is an answer."""
        attributes = self._levels[level]
        try:
            yield
        except StorageError as error:
            if not isinstance(error, NotFoundError):
                attributes = {**attributes, telemetry.ATTR_ERROR: error.code}
            raise
        finally:
            telemetry.emit.key_fetches.add(1, attributes)

    def refused(self, error: StorageError) -> None:
        """A blob could not be unsealed: plain, moved, damaged, or its key is destroyed."""
        attributes = {**self._container, telemetry.ATTR_ERROR: error.code}
        telemetry.emit.refusals.add(1, attributes)
