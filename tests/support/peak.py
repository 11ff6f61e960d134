"""Peak: the memory that a whole process, or one call in it, took at most."""

from __future__ import annotations

import subprocess
import sys
import tracemalloc
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Final

# Linux begins a child's peak with its parent's: this one's parent is small.
_RUNNER: Final = """\
import os, subprocess, sys

process = subprocess.Popen(sys.argv[1:])
_, status, usage = os.wait4(process.pid, 0)
print(usage.ru_maxrss * (1 if sys.platform == "darwin" else 1024))
sys.exit(status != 0)
"""


def peak_of(*words: str, folder: Path | None = None, env: Mapping[str, str] | None = None) -> int:
    """Bytes, of a process that ends well. `env` is all of its environment; None for ours."""
    command = [sys.executable, "-c", _RUNNER, *words]
    done = subprocess.run(command, cwd=folder, env=env, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return int(done.stdout.splitlines()[-1])


def traced_peak_of(call: Callable[[], object]) -> int:
    """Bytes that Python's own allocators gave out during `call`, beyond those before it."""
    tracemalloc.start()
    try:
        before, _ = tracemalloc.get_traced_memory()
        call()
        return tracemalloc.get_traced_memory()[1] - before
    finally:
        tracemalloc.stop()
