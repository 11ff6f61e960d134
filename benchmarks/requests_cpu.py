"""CPU time of one small write and read through `FileStorage`, beside the SDK used bare."""

from __future__ import annotations

import os
from typing import Final

from benchmarks.azure import CONTAINER, bare, fresh_azurite, ours
from benchmarks.measure import Timings, Way, interleave
from benchmarks.report import COMPARED, Section, Table, compared
from ingenious_storage.wiring import build_backend

TARGET: Final = 1.15
SIZE: Final = 4096
_OURS: Final = "ours"
_DEFAULTS: Final = "the SDK's defaults"
_NO_RETRIES: Final = "the SDK, retries off"
_NO_LAYERS: Final = "our backend, no layers"
_ROUNDS, _OPERATIONS, _TURN = 15, 100, 10

METHOD = f"""\
CPU time of the client process for `save_bytes` and `load_bytes` of {SIZE:,} random bytes, as
`Storage` wires them (retry, instrument, Azure backend; no telemetry SDK is set up), against one
shared `ContainerClient` on the same Azurite: `upload_blob(name, data, overwrite=True)` and
`download_blob(name).readall()`. The bare client is measured twice: made with no option at all, and
with `retry_total=0`, as ours does its retrying in a layer. For the record also our own backend
without FileStorage and layers. {_ROUNDS} rounds of {_OPERATIONS} operations each, in turns of
{_TURN}."""

BOUND = """\
Ours is the signature, the heads of the request and of its answer, the check of the key, a span and
two metrics that nobody listens to, and the bookkeeping of retries; the system calls are a third.
The peer's is the pipeline of the SDK and `requests`."""


def run() -> Section:
    written, read = _measure()
    rows = [
        compared(
            action,
            timings.cpu[_OURS],
            peer,
            timings.cpu[peer],
            target=None if peer == _NO_LAYERS else TARGET,
        )
        for action, timings in (("write", written), ("read", read))
        for peer in (_DEFAULTS, _NO_RETRIES, _NO_LAYERS)
    ]
    return Section("CPU time of a request", METHOD, Table(COMPARED, rows), BOUND)


def _measure() -> tuple[Timings, Timings]:
    data = os.urandom(SIZE)
    with (
        fresh_azurite() as server,
        ours(server) as storage,
        bare(server) as defaults,
        bare(server, retry_total=0) as no_retries,
    ):
        files = storage.data
        backend = build_backend(storage.settings.storage, CONTAINER)
        writes: dict[str, Way] = {
            _OURS: lambda n: files.save_bytes(f"small/{n}", data),
            _DEFAULTS: lambda n: defaults.upload_blob(f"small/{n}", data, overwrite=True),
            _NO_RETRIES: lambda n: no_retries.upload_blob(f"small/{n}", data, overwrite=True),
            _NO_LAYERS: lambda n: backend.put(f"small/{n}", data),
        }
        reads: dict[str, Way] = {
            _OURS: lambda n: files.load_bytes(f"small/{n}"),
            _DEFAULTS: lambda n: defaults.download_blob(f"small/{n}").readall(),
            _NO_RETRIES: lambda n: no_retries.download_blob(f"small/{n}").readall(),
            _NO_LAYERS: lambda n: backend.get(f"small/{n}").data,
        }
        written, read = (
            interleave(ways, rounds=_ROUNDS, operations=_OPERATIONS, turn=_TURN)
            for ways in (writes, reads)
        )
        backend.close()
        return written, read
