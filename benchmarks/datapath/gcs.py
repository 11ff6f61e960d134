"""CPU time of a small write and read of Google Cloud Storage, beside google-cloud-storage."""

from __future__ import annotations

import sys
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final

from benchmarks.before.side import take_turns, worker
from benchmarks.datapath.clients import OURS, SIZE
from benchmarks.machine import ROOT
from benchmarks.measure import Timings
from benchmarks.report import COMPARED, Section, Table, compared
from tests.support.servers.fake_gcs import run_fake_gcs

TARGET: Final = 0.2
"""Of the CPU time of google-cloud-storage."""
_GOOGLE: Final = "google-cloud-storage"
_PYTHON: Final = ROOT / ".cache/bench-gcs/bin/python"
"""Where `make bench` installs it: it wants another protobuf than Pulumi does."""
_WORKER: Final = Path(__file__).with_name("gcs_worker.py")
_TURNS, _OPERATIONS = 5, 20

METHOD: Final = f"""\
`save_bytes` and `load_bytes` of {SIZE:,} bytes through the whole stack, beside `upload_from_string`
and `download_as_bytes` of google-cloud-storage with its own defaults, which has an environment of
its own and so a process of its own; one thread, in turns of {_OPERATIONS}. On fake-gcs-server. CPU
time is that of each client's process."""

BOUND: Final = """\
A read of ours is one request, whose headers have the generation; a write is one request of two
parts, the metadata and the bytes. The SDK sends as many, and spends its time in requests and
urllib3, in its models, and in checksums."""


def run(rounds: int = 9) -> Section:
    """Raises: FileNotFoundError where the SDK is not installed; `make bench` does it."""
    rows = []
    with TemporaryDirectory() as directory, run_fake_gcs(Path(directory)) as server:
        for action in ("write", "read"):
            timings = _measure(server.endpoint, action, directory, rounds)
            for what, times, target in (
                ("CPU", timings.cpu, TARGET), ("wall", timings.wall, None)
            ):  # fmt: skip
                row = compared(
                    f"{action}, {what}", times[OURS], _GOOGLE, times[_GOOGLE], target=target
                )
                rows.append(row)
    title = "Google Cloud Storage: a write and a read of 4 KB beside its SDK"
    return Section(title, METHOD, Table(COMPARED, rows), BOUND)


def _measure(url: str, action: str, folder: str, rounds: int) -> Timings:
    pythons = {OURS: Path(sys.executable), _GOOGLE: _PYTHON}
    sides = {
        name: partial(
            worker, (str(python), str(_WORKER), name, url, action, str(_OPERATIONS)), folder, {}
        )
        for name, python in pythons.items()
    }
    return take_turns(sides, rounds=rounds, turns=_TURNS, count=_OPERATIONS)
