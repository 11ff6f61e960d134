"""One span and one histogram record for each attempt; names are those of `telemetry`."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import TypeVar

from opentelemetry.trace import SpanKind, Status, StatusCode

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

    def _around(self, operation: str, key: str | None, call: Callable[[], T]) -> T:
        attributes = {**self._attributes, telemetry.ATTR_OPERATION: operation}
        started = time.perf_counter()
        with telemetry.tracer.start_as_current_span(
            telemetry.SPAN_PREFIX + operation,
            kind=SpanKind.CLIENT,
            attributes=attributes,
            record_exception=False,  # its message and stack could hold a key
            set_status_on_exception=False,
        ) as span:
            try:
                result = call()
            except StorageError as error:
                if not isinstance(error, NotModifiedError):  # an answer, not a fault
                    attributes[telemetry.ATTR_ERROR] = error.code
                    span.set_attribute(telemetry.ATTR_ERROR, error.code)
                    span.set_status(Status(StatusCode.ERROR))
                raise
            finally:
                telemetry.emit.duration.record(time.perf_counter() - started, attributes)
        self._count_bytes(operation, result, attributes)
        return result

    def _count_bytes(self, operation: str, result: object, attributes: dict[str, str]) -> None:
        if isinstance(result, Blob):
            size, direction = len(result.data), "read"
        elif operation in ("put", "upload"):
            size, direction = getattr(result, "size", 0), "write"
        else:
            return
        telemetry.emit.io_bytes.add(size, {**attributes, telemetry.ATTR_DIRECTION: direction})
