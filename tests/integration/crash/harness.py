"""Kill a Python program, or fail it, at a chosen system call (strace on Linux).

    total = count_syscalls(SCRIPT, [folder], RENAMES)
    for when in range(1, total + 1):
        run_killed(SCRIPT, [folder], RENAMES, when)
        ...  # look at what is left

A child that is killed has not carried out the call that it was killed at, so all that came before
it is done and nothing after. Start-up of Python makes none of the calls counted here.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from functools import cache
from pathlib import Path

import pytest

RENAMES = "rename,renameat,renameat2"
FSYNCS = "fsync,fdatasync"
_ROOT = Path(__file__).resolve().parents[3]


@cache
def _why_not() -> str:
    if sys.platform != "linux" or shutil.which("strace") is None:
        return "needs strace"
    command = ["strace", "-f", "-e", "inject=fsync:error=EIO", "-o", os.devnull, "true"]
    worked = subprocess.run(command, capture_output=True, check=False).returncode == 0
    return "" if worked else "strace may not trace here"


requires_strace = pytest.mark.skipif(bool(_why_not()), reason=_why_not())


def count_syscalls(script: Path, args: Sequence[str], syscalls: str) -> int:
    """How often the program makes one of `syscalls` (names with commas); it runs to its end."""
    with tempfile.TemporaryDirectory() as folder:
        log = Path(folder, "log")
        _run(script, args, "-o", str(log), "-e", f"trace={syscalls}").check_returncode()
        return len(re.findall(rf"\b(?:{syscalls.replace(',', '|')})\(", log.read_text()))


def run_killed(
    script: Path, args: Sequence[str], syscalls: str, when: int
) -> subprocess.CompletedProcess[str]:
    """Run the program and kill it (SIGKILL) as it makes the `when`-th of one of `syscalls`."""
    done = _run(script, args, *_inject(syscalls, "signal=KILL", when))
    assert done.returncode in (-9, 137), f"it was not killed: {done}"
    return done


def run_failing(
    script: Path, args: Sequence[str], syscalls: str, when: int, error: str
) -> subprocess.CompletedProcess[str]:
    """Run the program to its end; the `when`-th of one of `syscalls` fails with `error` ("EIO")."""
    return _run(script, args, *_inject(syscalls, f"error={error}", when))


def _inject(syscalls: str, what: str, when: int) -> tuple[str, ...]:
    inject = f"inject={syscalls}:{what}:when={when}"
    return "-o", os.devnull, "-e", f"trace={syscalls}", "-e", inject


def _run(script: Path, args: Sequence[str], *options: str) -> subprocess.CompletedProcess[str]:
    # Byte code is written by a rename, which would be counted.
    environment = os.environ | {"PYTHONDONTWRITEBYTECODE": "1", "PYTHONPATH": str(_ROOT)}
    return subprocess.run(
        ["strace", "-f", "-qq", *options, sys.executable, str(script), *args],
        env=environment,
        capture_output=True,
        text=True,
        check=False,
        timeout=200,
    )
