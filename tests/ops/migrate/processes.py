"""The command in processes of their own, which can be killed."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from pathlib import Path

from tests.support.peak import peak_of

COMMAND = (sys.executable, "-m", "ingenious_ops", "migrate")


def start(
    args: Sequence[str], folder: Path, env: Mapping[str, str] | None = None
) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [*COMMAND, *args],
        cwd=folder,
        env={**os.environ, **(env or {})},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def finish(
    args: Sequence[str], folder: Path, env: Mapping[str, str] | None = None
) -> tuple[int, str, str]:
    with start(args, folder, env) as process:
        out, err = process.communicate(timeout=110)
    return process.returncode, out, err


def journal_lines(folder: Path) -> int:
    """Whole lines behind the header; -1 without a journal."""
    for path in (folder / ".ingenious").glob("*.jsonl"):
        return path.read_bytes().count(b"\n") - 1
    return -1


def wait_for_lines(process: subprocess.Popen[str], folder: Path, count: int) -> None:
    """Until the journal has `count` lines, or the process has ended."""
    deadline = time.monotonic() + 110
    while journal_lines(folder) < count and process.poll() is None:
        if time.monotonic() > deadline:
            raise TimeoutError(f"{journal_lines(folder)} lines after 110 s")
        time.sleep(0.005)


def kill_at(
    args: Sequence[str], folder: Path, count: int, env: Mapping[str, str] | None = None
) -> None:
    """SIGKILL once the journal has `count` lines."""
    with start(args, folder, env) as process:
        wait_for_lines(process, folder, count)
        process.send_signal(signal.SIGKILL)
        process.communicate(timeout=200)
    assert process.returncode == -signal.SIGKILL


def peak_memory(args: Sequence[str], folder: Path, env: Mapping[str, str] | None = None) -> int:
    """The largest resident size of a run that ends well, in bytes."""
    return peak_of(*COMMAND, *args, folder=folder, env={**os.environ, **(env or {})})
