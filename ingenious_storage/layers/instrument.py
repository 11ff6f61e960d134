"""Instrument layer: one span and one histogram record for each attempt."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import TypeVar

from opentelemetry.trace import SpanKind

from ingenious_storage import telemetry
from ingenious_storage.backends.base import Backend, Blob
from ingenious_storage.errors import NotModifiedError, StorageError
from ingenious_storage.layers.base import Layer

T = TypeVar("T")


class InstrumentLayer(Layer):
    """Measures `inner`. `container` is the role, "data" or "revisions", never a real name."""

    def __init__(self, inner: Backend, *, container: str) -> None:
        super().__init__(inner)
        self._attributes = {
            telemetry.ATTR_BACKEND: inner.name,
            telemetry.ATTR_CONTAINER: container,
        }
        if inner.shard:
            self._attributes[telemetry.ATTR_SHARD] = inner.shard
        # By operation. They are shared, and never change.
        self._attempts: dict[str, dict[str, str]] = {}
        self._bytes: dict[str, dict[str, str]] = {}

    def _around(self, operation: str, key: str | None, call: Callable[[], T]) -> T:
        if not telemetry.is_enabled():
            return call()
        attributes = self._attempts.get(operation)
        if attributes is None:
            attributes = {**self._attributes, telemetry.ATTR_OPERATION: operation}
            self._attempts[operation] = attributes
        if telemetry.is_skipping():
            result = _timed(call, attributes, traced=False)
        else:
            result = telemetry.in_span(
                telemetry.SPAN_PREFIX + operation,
                attributes,
                SpanKind.CLIENT,
                lambda span: _timed(call, attributes, traced=span.is_recording()),
            )
        self._count_bytes(operation, result, attributes)
        return result

    def _count_bytes(self, operation: str, result: object, attributes: dict[str, str]) -> None:
        if isinstance(result, Blob):
            size, direction = len(result.data), "read"
        elif operation in ("put", "upload"):
            size, direction = getattr(result, "size", 0), "write"
        else:
            return
        moved = self._bytes.get(operation)
        if moved is None:
            moved = {**attributes, telemetry.ATTR_DIRECTION: direction}
            self._bytes[operation] = moved
        telemetry.emit.io_bytes.add(size, moved)


def _timed(call: Callable[[], T], attributes: dict[str, str], *, traced: bool) -> T:
    outcome, started = attributes, time.perf_counter()
    try:
        return call()
    except StorageError as error:
        if not isinstance(error, NotModifiedError):  # an answer, not an error
            outcome = {**attributes, telemetry.ATTR_ERROR: error.code}
        raise
    finally:
        telemetry.emit.duration.record(time.perf_counter() - started, outcome, traced=traced)
