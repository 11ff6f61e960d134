"""Build the checker of recorded histories, which is a Go program: PyPI has no such thing.

`make porcupine` runs it. What is built lies in .cache/porcupine and is built again when a line of
its source changes.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Final

from filelock import FileLock

SOURCE: Final = Path(__file__).with_name("checker")
TARGET: Final = Path(__file__).resolve().parents[3] / ".cache/porcupine"
BINARY: Final = TARGET / f"checker{'.exe' if os.name == 'nt' else ''}"
_STAMP: Final = TARGET / "installed"


class NoCheckerError(RuntimeError):
    """It is not built, and cannot be."""


def install() -> Path:
    """The program, built if it is not yet. Raises: NoCheckerError."""
    wanted = b"".join(path.read_bytes() for path in sorted(SOURCE.iterdir()))
    TARGET.mkdir(parents=True, exist_ok=True)
    with FileLock(TARGET / ".lock"):
        if not (BINARY.is_file() and _STAMP.is_file() and _STAMP.read_bytes() == wanted):
            _build()
            _STAMP.write_bytes(wanted)
    return BINARY


def _build() -> None:
    go = shutil.which("go")
    if go is None:
        raise NoCheckerError("the checker is not built: install Go, then run `make porcupine`")
    command: list[str | Path] = [
        go,
        "build",
        "-C",
        SOURCE,
        "-o",
        BINARY,
        "-buildvcs=false",
        "-trimpath",
        ".",
    ]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        raise NoCheckerError(f"Go could not build the checker: {done.stderr}")


if __name__ == "__main__":
    try:
        install()
    except NoCheckerError as error:
        sys.exit(str(error))
