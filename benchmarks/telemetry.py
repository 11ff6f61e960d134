"""Telemetry of a save: left out, without an SDK, and with exporters attached."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from random import Random
from statistics import median
from time import process_time
from typing import Any, Final
from unittest.mock import patch

from opentelemetry.trace import Tracer

from benchmarks.azure import fresh_azurite
from benchmarks.machine import ROOT
from benchmarks.measure import Timings, fair_collector
from benchmarks.report import COMPARED, Section, Table, compared
from ingenious_ops.telemetry import SAMPLING_RATIO, Telemetry, setup_telemetry
from ingenious_storage import MemoryManager, Storage, telemetry
from ingenious_storage.config import Settings, StorageSettings, TelemetrySettings
from ingenious_storage.documents import DocumentStore
from ingenious_storage.file_storage import FileStorage
from ingenious_storage.layers.retry import RetryLayer
from ingenious_storage.telemetry import enabled, instruments, sampling
from ingenious_storage.wiring import build_backend

TARGET: Final = 1.03
_LEFT_OUT: Final = "telemetry left out of the library"
_NO_SDK: Final = "no SDK"
_USUAL: Final = f"OTLP, traces {SAMPLING_RATIO:.0%}"
_ALL: Final = "OTLP, traces 100%"
_ROUNDS, _SAVES = 5, 2048
_NEVER: Final = 3600
_DATA: Final[Any] = {"messages": [{"content": os.urandom(64).hex()} for _ in range(28)]}

_Emitting = tuple[Tracer, telemetry.Instruments, float]

METHOD = f"""\
CPU time of the client process for `save_memory` of 4 KB on top of a revision that is remembered
(one PUT), as `Storage` wires it: without an SDK; and with `setup_telemetry` and OTLP over HTTP to a
collector in another process, with {SAMPLING_RATIO:.0%} of the traces kept (as a service has it
unless it says otherwise) and with all. "Left out" is the same library without its instrument layer,
the spans of its documents and its counters. On Azurite over HTTP; and in memory, where nothing but
the library itself is left of a save. {_ROUNDS} rounds of {_SAVES:,} saves of each kind, alternating
one by one; of a round the median save, and in addition its share of counting and sending, by
whatever thread, which is done once a round."""

BOUND = """\
A trace that is kept costs the SDK some 100 microseconds from its start to its bytes, so a service
keeps few by default, and who wants all pays what the third row says. One that is not kept is drawn
before the SDK is asked. Counts and durations are told to it many at a time: alone, behind a
request, a call finds nothing of itself in the processor's caches. In memory the same microseconds
stand beside a save that sends nothing."""


def run() -> Section:
    with fresh_azurite() as server:
        azure = StorageSettings(type="azure_blob", connection_string=server.connection_string)
        rows = _rows("Azurite", _measure(azure), target=TARGET)
    rows += _rows("in memory", _measure(StorageSettings(type="inmemory")), target=None)
    return Section("What telemetry costs", METHOD, Table(COMPARED, rows), BOUND)


def _rows(where: str, timings: Timings, *, target: float | None) -> list[tuple[str, ...]]:
    cpu = timings.cpu
    return [
        compared(f"{where}: no SDK", cpu[_NO_SDK], _LEFT_OUT, cpu[_LEFT_OUT]),
        compared(f"{where}: {_USUAL}", cpu[_USUAL], _NO_SDK, cpu[_NO_SDK], target=target),
        compared(f"{where}: {_ALL}", cpu[_ALL], _NO_SDK, cpu[_NO_SDK]),
    ]


@dataclass(frozen=True, slots=True)
class _Way:
    """Saves by one memory, while the library emits to `emitting`."""

    name: str
    memory: MemoryManager
    emitting: _Emitting
    exported: Telemetry | None = None

    def save(self, item: int) -> float:
        """CPU seconds of one save."""
        telemetry.tracer, telemetry.emit, sampling.share = self.emitting
        enabled.connected = self.exported is not None
        started = process_time()
        self.memory.save_memory(f"{self.name}-{item}", _DATA)
        return process_time() - started

    def export(self) -> float:
        """CPU seconds of counting and sending what waits."""
        started = process_time()
        if self.exported is not None:
            self.exported.flush()
        return process_time() - started


def _measure(settings: StorageSettings) -> Timings:
    silent = (telemetry.tracer, telemetry.emit, 1.0)
    with (
        _collector() as url,
        Storage(Settings(storage=settings)) as storage,
        _exporting(url, None) as usual,
        _exporting(url, 1.0) as every,
    ):
        storage.data.ensure_container()
        return _interleave(
            {
                _LEFT_OUT: _Way("way-1", _left_out(settings), silent),
                _NO_SDK: _Way("way-2", storage.memory, silent),
                _USUAL: _Way("way-3", storage.memory, *usual),
                _ALL: _Way("way-4", storage.memory, *every),
            }
        )


def _interleave(ways: dict[str, _Way]) -> Timings:
    """One save of each kind after another, in another order each time."""
    timings, order, random = Timings(), list(ways), Random(20)
    for way in ways.values():
        for item in range(_SAVES):
            way.save(item)
    with fair_collector(), patch.object(instruments, "_BATCH", _SAVES * 10):
        for _ in range(_ROUNDS):
            saves: dict[str, list[float]] = {name: [] for name in ways}
            for item in range(_SAVES):
                random.shuffle(order)
                for name in order:
                    saves[name].append(ways[name].save(item))
            for name, way in ways.items():
                timings.add(name, wall=0.0, cpu=median(saves[name]) + way.export() / _SAVES)
    return timings


@contextmanager
def _exporting(url: str, ratio: float | None) -> Iterator[tuple[_Emitting, Telemetry]]:
    """Exporters that wait to be flushed, and what the library emits to while they are connected."""
    settings = TelemetrySettings(
        exporter=("otlp",), endpoint=url, sampling_ratio=ratio, metric_interval=_NEVER
    )
    with setup_telemetry(settings, set_global=False) as exported:
        yield (telemetry.tracer, telemetry.emit, sampling.share), exported


@contextmanager
def _collector() -> Iterator[str]:
    """In a process of its own, so that its CPU time is not ours."""
    os.environ["OTEL_BSP_SCHEDULE_DELAY"] = str(_NEVER * 1000)
    command = [sys.executable, "-m", "tests.support.servers.collector"]
    with subprocess.Popen(
        command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        try:
            yield process.stdout.readline().strip()
        finally:
            process.stdin.close()
            del os.environ["OTEL_BSP_SCHEDULE_DELAY"]


def _left_out(settings: StorageSettings) -> MemoryManager:
    backend = build_backend(settings, settings.container_data)
    return MemoryManager(documents=_Untold(FileStorage(RetryLayer(backend))))


class _Untold(DocumentStore):
    """Without what the documents tell: no span, no counter."""

    save = DocumentStore.save.__wrapped__  # type: ignore[attr-defined]  # set by functools.wraps

    def __init__(self, files: FileStorage) -> None:
        super().__init__(files)
        self.telemetry.revision_saved = lambda: None  # type: ignore[method-assign]
