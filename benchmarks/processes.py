"""Whole processes, measured: their time, and the memory they take."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from benchmarks.measure import Timings

Command = tuple[Sequence[str], Path]
"""The words of a command, and the folder that it runs in: Python imports code from there."""
_RUNNER: Final = """\
import os, subprocess, sys
from time import perf_counter

started = perf_counter()
process = subprocess.Popen(sys.argv[2:], stdout=open(sys.argv[1], "wb"))
_, status, usage = os.wait4(process.pid, 0)
print(perf_counter() - started, usage.ru_utime + usage.ru_stime, usage.ru_maxrss / 1000)
sys.exit(status != 0)
"""


@dataclass(frozen=True, slots=True)
class Measured:
    """What came of several commands, by their name."""

    timings: Timings = field(default_factory=Timings)
    megabytes: dict[str, float] = field(default_factory=dict)
    """The highest peak of any round."""


def once(
    words: Sequence[str],
    folder: Path,
    *,
    output: str = os.devnull,
    env: Mapping[str, str] | None = None,
) -> tuple[float, float, float]:
    """Wall and CPU seconds, and the peak of memory in MB. Raises: CalledProcessError.

    A small process starts it: on Linux the peak of a process begins with that of its parent. What
    it prints goes to the file `output`; `env` is all of its environment, None for ours.
    """
    runner = (sys.executable, "-S", "-c", _RUNNER, output, *words)
    said = subprocess.run(
        runner, cwd=folder, env=env, check=True, capture_output=True, text=True
    ).stdout
    wall, cpu, peak = map(float, said.split())
    return wall, cpu, peak


def in_turns(commands: Mapping[str, Command], rounds: int) -> Measured:
    """Each command once a round; the order turns round with every round."""
    found = Measured()
    for number in range(rounds):
        for name in [*commands][:: 1 if number % 2 else -1]:
            wall, cpu, peak = once(*commands[name])
            found.timings.add(name, wall=wall, cpu=cpu)
            found.megabytes[name] = max(found.megabytes.get(name, 0.0), peak)
    return found


def cpu_of(pid: int) -> float:
    """CPU seconds that a running process has taken so far, its threads included (Linux)."""
    return time.clock_gettime((~pid << 3) | 2)  # what clock_getcpuclockid(3) makes of a process


def resident_of(pid: int) -> float:
    """The memory that a running process has now, in MB (Linux)."""
    lines = Path(f"/proc/{pid}/status").read_text(encoding="ascii").splitlines()
    return next(int(line.split()[1]) * 1024 / 1e6 for line in lines if line.startswith("VmRSS"))
