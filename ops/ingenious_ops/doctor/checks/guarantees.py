"""Checks of the guarantees that this library relies on: conditional requests, and their latency."""

from __future__ import annotations

import os
import threading
import time
from contextlib import suppress
from functools import partial
from statistics import median
from typing import TYPE_CHECKING, Final

from ingenious_ops.doctor.guide import guide_of
from ingenious_ops.doctor.model import Result, failed, passed, warned
from ingenious_ops.doctor.probes import new_key
from ingenious_storage.backends.base import GetOptions, IfAbsent, IfMatch
from ingenious_storage.errors import (
    AlreadyExistsError,
    ConflictError,
    NotFoundError,
    NotModifiedError,
    StorageError,
)

if TYPE_CHECKING:
    from collections.abc import Callable

    from ingenious_ops.doctor.context import Context
    from ingenious_storage.backends.base import Backend
    from ingenious_storage.config import Role

_READS: Final = 10
_READ_SECONDS: Final = 1.5
"""No further read begins after this."""
_SLOW_P50: Final = 0.25
_SLOW_P95: Final = 1.0
_RACERS: Final = 4


def preconditions(role: Role, context: Context) -> Result:
    """Each of these must be refused, else writers overwrite each other in silence."""
    backend, probes, probe = context.backend(role), context.probes, context.written[role]
    key, stale = probe.key, IfMatch(guide_of(context).no_etag)
    read = partial(backend.get, key, GetOptions(None, probe.info.etag))
    asked: tuple[tuple[str, type[StorageError], Callable[[], object]], ...] = (
        ("If-None-Match on a read", NotModifiedError, read),
        (
            "If-None-Match on a write",
            AlreadyExistsError,
            partial(probes.put, backend, key, b"1", IfAbsent()),
        ),
        ("If-Match on a write", ConflictError, partial(probes.put, backend, key, b"2", stale)),
        ("If-Match on a delete", ConflictError, partial(backend.delete, key, condition=stale)),
    )
    broken = [what for what, refusal, ask in asked if not refused(ask, refusal)]
    winners = _race(context, backend)
    if winners != 1:
        broken.append(f"If-None-Match of {_RACERS} writers at once, {winners} of which succeeded")
    if broken:
        return ignored(*broken)
    return passed(f"honoured: {len(asked)} refused, 1 of {_RACERS} writers at once succeeded")


def refused(ask: Callable[[], object], refusal: type[StorageError]) -> bool:
    """Whether the store refuses a request, and with this error. Raises: other StorageErrors."""
    try:
        ask()
    except refusal:
        return True
    except NotFoundError:  # an ignored condition has deleted it
        return False
    return False


def _race(context: Context, backend: Backend) -> int:
    """How many of several writers create the same blob at the same time."""
    key, start = new_key(), threading.Barrier(_RACERS)
    won: list[bool | StorageError] = []

    def create() -> None:
        start.wait()
        try:
            put = partial(context.probes.put, backend, key, os.urandom(8), IfAbsent())
            won.append(not refused(put, AlreadyExistsError))
        except StorageError as error:
            won.append(error)

    # Not a pool: it would keep the process until a request that hangs comes to an end.
    racers = [threading.Thread(target=create, daemon=True) for _ in range(_RACERS)]
    for racer in racers:
        racer.start()
    for racer in racers:
        racer.join()
    for each in won:
        if isinstance(each, StorageError):
            raise each
    with suppress(NotFoundError):
        backend.delete(key)
    context.probes.gone(key)
    return won.count(True)


def ignored(*what: str) -> Result:
    """The result for a store that ignores these conditions."""
    return failed(
        f"refused: this store ignores {', '.join(what)}",
        hint="Do not use it: two writers would overwrite each other in silence. Use a store that "
        "`ingenious-storage explain stores` names, and no gateway in between that drops "
        "these headers.",
        code="preconditions_ignored",
    )


def latency(role: Role, context: Context) -> Result:
    """Measure some reads of one small blob."""
    backend, probe = context.backend(role), context.written.get(role)
    key = probe.key if probe else new_key()
    seconds: list[float] = []
    while len(seconds) < _READS and sum(seconds) < _READ_SECONDS:
        began = time.perf_counter()
        refused(partial(backend.get, key), NotFoundError)
        seconds.append(time.perf_counter() - began)
    p50, p95 = median(seconds), sorted(seconds)[round(0.95 * (len(seconds) - 1))]
    summary = f"p50 {p50 * 1000:.1f} ms, p95 {p95 * 1000:.1f} ms, of {len(seconds)} reads"
    if p50 > _SLOW_P50 or p95 > _SLOW_P95:
        return warned(
            f"slow: {summary}",
            hint="Every save waits for one request at least: run in the account's region, look "
            "for a proxy in between, and at the latency that the service itself reports.",
        )
    return passed(summary)
