"""Preconditions: whether a service does what conditional requests ask for, found out once.

There are servers and gateways that take If-None-Match and If-Match and ignore them: two writers
then overwrite each other, and nobody is told. So before the first conditional request of a process
to a bucket, a small object under `.health/` is written, must be refused twice, and is deleted; a
conditional delete is tried before the first one. AWS itself is not asked.
"""

from __future__ import annotations

import secrets
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING, Final

from ingenious_storage.backends.options import IfAbsent, IfMatch
from ingenious_storage.backends.rest.calls import Call, Request
from ingenious_storage.backends.s3.values import only
from ingenious_storage.errors import (
    AlreadyExistsError,
    ConflictError,
    PreconditionsIgnoredError,
    StorageError,
)
from ingenious_storage.runtime import deadlines, forks

if TYPE_CHECKING:
    from ingenious_storage.backends.options import Condition

_STALE: Final = IfMatch('"00000000000000000000000000000000"')
_PREFIX: Final = ".health/preconditions-"
_DELETES_HINT: Final = (
    "This service deletes in spite of If-Match (MinIO and others do): what somebody else wrote in "
    "between would be lost. Delete without a condition where that cannot be."
)
Send = Callable[[Call, Request], object]
"""Sends a request. Raises: StorageError."""


class Preconditions:
    """What one service does with conditions, for one bucket. Thread-safe.

    `path` is what stands before a key in the path of a request.

    Args:
        is_trusted: nobody is asked: it is AWS.
    """

    def __init__(self, *, is_trusted: bool) -> None:
        self._honours_writes = is_trusted
        self._honours_deletes: bool | None = True if is_trusted else None
        self._lock = forks.new_lock()

    def check_write(self, call: Call, send: Send, path: str) -> None:
        """Raises: PreconditionsIgnoredError when a conditional write would be none."""
        if not self._honours_writes:
            self._find_out(call, lambda: self._try_writes(call, send, path))

    def check_delete(self, call: Call, send: Send, path: str) -> None:
        """Raises: PreconditionsIgnoredError when a conditional delete would be none."""
        if self._honours_deletes is None:
            self._find_out(call, lambda: self._try_deletes(send, path))
        if not self._honours_deletes:
            raise PreconditionsIgnoredError(
                f"{call.operation} {call.key!r}: the service ignores If-Match of a delete",
                operation=call.operation,
                key=call.key,
                hint=_DELETES_HINT,
            )

    def _find_out(self, call: Call, ask: Callable[[], None]) -> None:
        if not deadlines.acquire(self._lock):
            deadlines.check(call.operation, call.key)
        try:
            ask()
        except StorageError as error:
            # Of the caller's own request nothing was sent.
            error.operation, error.key, error.outcome_unknown = call.operation, call.key, False
            raise
        finally:
            self._lock.release()

    def _try_writes(self, call: Call, send: Send, path: str) -> None:
        if not self._honours_writes:  # another thread may have been faster
            check_writes(send, path, call.operation)
            self._honours_writes = True

    def _try_deletes(self, send: Send, path: str) -> None:
        if self._honours_deletes is None:
            self._honours_deletes = honours_deletes(send, path)


class _Probe:
    """A small object of one's own, to try conditions on."""

    def __init__(self, send: Send, path: str) -> None:
        self._send, self._path = send, path
        self._key = f"{_PREFIX}{secrets.token_hex(8)}"

    def put(self, data: bytes, condition: Condition) -> None:
        headers = {"content-type": "text/plain", **only(condition)}
        call = Call("put", self._key, condition)
        self._send(call, Request("PUT", self._path + self._key, {}, headers, data))

    def delete(self, condition: IfMatch | None = None) -> None:
        request = Request("DELETE", self._path + self._key, {}, only(condition))
        self._send(Call("delete", self._key), request)

    @contextmanager
    def made(self) -> Iterator[None]:
        """It is there inside the block."""
        self.put(b"1", IfAbsent())
        try:
            yield
        finally:
            # Who may not delete leaves it, a byte; so does who meets an outage just now.
            with suppress(StorageError):
                self.delete()


def check_writes(send: Send, path: str, operation: str) -> None:
    """Ask a service. Raises: PreconditionsIgnoredError when its writes do not honour conditions."""
    probe = _Probe(send, path)
    with probe.made():
        ignored = [
            header
            for header, kind, ask in (
                ("If-None-Match", AlreadyExistsError, lambda: probe.put(b"2", IfAbsent())),
                ("If-Match", ConflictError, lambda: probe.put(b"3", _STALE)),
            )
            if not _is_refused(ask, kind)
        ]
    if ignored:
        raise PreconditionsIgnoredError(
            f"{operation}: the service ignores {' and '.join(ignored)} of a write",
            operation=operation,
        )


def honours_deletes(send: Send, path: str) -> bool:
    """Ask a service: whether its deletes honour their condition."""
    probe = _Probe(send, path)
    with probe.made():
        try:
            return _is_refused(lambda: probe.delete(_STALE), ConflictError)
        except StorageError as error:
            if error.retryable:
                raise
            return True  # whatever refuses it, nothing is deleted


def _is_refused(ask: Callable[[], None], kind: type[StorageError]) -> bool:
    try:
        ask()
    except kind:
        return True
    return False
