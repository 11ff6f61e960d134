"""What telemetry costs a save: left out, without an SDK, and with exporters attached."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, Final

from opentelemetry.trace import Tracer

from benchmarks.azure import fresh_azurite
from benchmarks.machine import ROOT, SCRATCH, require_disk
from benchmarks.measure import Timings, Way, interleave
from benchmarks.report import COMPARED, Section, Table, compared
from ingenious_ops.telemetry import SAMPLING_RATIO, Telemetry, setup_telemetry
from ingenious_storage import MemoryManager, Storage, telemetry
from ingenious_storage.config import Settings, StorageSettings, TelemetrySettings
from ingenious_storage.documents import DocumentStore
from ingenious_storage.file_storage import FileStorage
from ingenious_storage.layers.retry import RetryLayer
from ingenious_storage.telemetry import listening
from ingenious_storage.wiring import build_backend

TARGET: Final = 1.03
_LEFT_OUT: Final = "telemetry left out of the library"
_NO_SDK: Final = "no SDK"
_USUAL: Final = f"OTLP, traces {SAMPLING_RATIO:.0%}"
_ALL: Final = "OTLP, traces 100%"
_ROUNDS, _OPERATIONS, _TURN = 9, 512, 16
_NEVER: Final = 3600
_DATA: Final[Any] = {"messages": [{"content": os.urandom(64).hex()} for _ in range(28)]}

_Emitting = tuple[Tracer, telemetry.Instruments]

METHOD = f"""\
CPU time of the client process for `save_memory` of 4 KB on top of a revision that is remembered
(one PUT), as `Storage` wires it: without an SDK; and with `setup_telemetry` and OTLP over HTTP to a
collector in another process, with {SAMPLING_RATIO:.0%} of the traces kept (as a service has it
unless it says otherwise) and with all. The process's clock counts the exporter's threads too, which
send traces and metrics once in every {_OPERATIONS} saves. "Left out" is the same library without
its instrument layer, the spans of its documents and its counters. On Azurite over HTTP, and on a
local folder, where every save is fsynced. {_ROUNDS} rounds of {_OPERATIONS} saves of each kind, in
turns of {_TURN}."""

BOUND = """\
A span that is kept costs the SDK some 50 microseconds from its start to its bytes, and a save has
two: so a service keeps few by default, and who wants every trace pays what the third row says. What
is left is one call of the SDK that decides about the trace, behind a request, when nothing of it is
in the processor's caches. Counts and durations are added up without the SDK, and told to it many at
a time. On a local folder the same microseconds stand beside a save that does far less."""


def run() -> Section:
    require_disk()
    with fresh_azurite() as server:
        azure = StorageSettings(type="azure_blob", connection_string=server.connection_string)  # type: ignore[arg-type]  # pydantic wraps it
        remote = _measure(azure)
    folder = SCRATCH / "telemetry"
    try:
        local = _measure(StorageSettings(base_path=folder))
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    rows = [*_rows("Azurite", remote, target=TARGET), *_rows("local folder", local, target=None)]
    return Section("What telemetry costs", METHOD, Table(COMPARED, rows), BOUND)


def _rows(where: str, timings: Timings, *, target: float | None) -> list[tuple[str, ...]]:
    cpu = timings.cpu
    return [
        compared(f"{where}: no SDK", cpu[_NO_SDK], _LEFT_OUT, cpu[_LEFT_OUT]),
        compared(f"{where}: {_USUAL}", cpu[_USUAL], _NO_SDK, cpu[_NO_SDK], target=target),
        compared(f"{where}: {_ALL}", cpu[_ALL], _NO_SDK, cpu[_NO_SDK]),
    ]


def _measure(settings: StorageSettings) -> Timings:
    silent = (telemetry.tracer, telemetry.emit)
    with (
        _collector() as url,
        Storage(Settings(storage=settings)) as storage,
        _exporting(url, None) as usual,
        _exporting(url, 1.0) as every,
    ):
        storage.data.ensure_container()
        ways: dict[str, Way] = {
            _LEFT_OUT: _way("left-out", _left_out(settings), silent),
            _NO_SDK: _way("no-sdk", storage.memory, silent),
            _USUAL: _way("usual", storage.memory, *usual),
            _ALL: _way("every", storage.memory, *every),
        }
        return interleave(ways, rounds=_ROUNDS, operations=_OPERATIONS, turn=_TURN)


def _way(
    name: str, memory: MemoryManager, emitting: _Emitting, exported: Telemetry | None = None
) -> Way:
    def save(item: int) -> None:
        telemetry.tracer, telemetry.emit = emitting
        listening.connected = exported is not None
        memory.save_memory(f"{name}-{item}", _DATA)
        if exported is not None and item == _OPERATIONS - 1:
            exported.flush()

    return save


@contextmanager
def _exporting(url: str, ratio: float | None) -> Iterator[tuple[_Emitting, Telemetry]]:
    """Exporters that wait to be flushed, and what the library emits to while they are connected."""
    settings = TelemetrySettings(
        exporter=("otlp",), endpoint=url, sampling_ratio=ratio, metric_interval=_NEVER
    )
    with setup_telemetry(settings, set_global=False) as exported:
        yield (telemetry.tracer, telemetry.emit), exported


@contextmanager
def _collector() -> Iterator[str]:
    """In a process of its own, so that its CPU time is not ours."""
    os.environ["OTEL_BSP_SCHEDULE_DELAY"] = str(_NEVER * 1000)
    command = [sys.executable, "-m", "tests.support.collector"]
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
        self.watch.revision_saved = lambda: None  # type: ignore[method-assign]
