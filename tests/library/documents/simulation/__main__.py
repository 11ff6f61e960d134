"""Figures of the simulation: `python -m tests.library.documents.simulation [part of a name]`."""

from __future__ import annotations

import sys
import tempfile
import time
from pathlib import Path

from ingenious_storage.key_providers.key_file import KeyFile
from tests.library.documents.simulation.cases import CASES, simulated
from tests.library.documents.simulation.explore import explore


def main(wanted: str = "") -> None:
    """A row of docs/reliability.md for each case."""
    schedules = ends = runs = 0
    with tempfile.TemporaryDirectory() as folder, simulated():
        provider = KeyFile.create(Path(folder) / "key.json")
        for name, case in CASES.items():
            if wanted not in name:
                continue
            began = time.process_time()
            found = explore(case.scenario(provider), case.bounds)
            seconds = time.process_time() - began
            schedules, ends = schedules + found.schedules(), ends + found.ends
            runs += found.runs
            print(
                f"| {name} | {case.bounds} | {found.schedules():,} | {found.states:,} "
                f"| {found.ends:,} | {found.runs:,} | {seconds:.1f} |",
                flush=True,
            )
    print(f"{schedules:,} schedules, {ends:,} ends, {runs:,} runs")


if __name__ == "__main__":
    main(*sys.argv[1:])
