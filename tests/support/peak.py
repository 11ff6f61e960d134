"""Peak: the memory that a whole process took at most."""

from __future__ import annotations

import subprocess
import sys
from typing import Final

# Linux begins a child's peak with its parent's: this one's parent is small.
_RUNNER: Final = """\
import os, subprocess, sys

process = subprocess.Popen(sys.argv[1:])
_, status, usage = os.wait4(process.pid, 0)
print(usage.ru_maxrss * (1 if sys.platform == "darwin" else 1024))
sys.exit(status != 0)
"""


def peak_of(*words: str) -> int:
    """Bytes. Raises: CalledProcessError when the process fails."""
    command = [sys.executable, "-c", _RUNNER, *words]
    run = subprocess.run(command, capture_output=True, text=True, check=True)
    return int(run.stdout.splitlines()[-1])
