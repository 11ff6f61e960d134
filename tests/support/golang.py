"""Programs of this checkout in Go, built when a line of their source changed."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path
from typing import Final

from filelock import FileLock

_STAMP: Final = "installed"
_SUFFIX: Final = ".exe" if os.name == "nt" else ""


class NotBuiltError(RuntimeError):
    """The program is not built, and cannot be."""


def built(source: Path, target: Path, package: str = ".") -> Path:
    """A program of the module in `source`, its own or one that it pins, as a file in `target`.

    It is built if it is not yet.

    Raises: NotBuiltError where there is no Go, or where Go refuses the source.
    """
    target.mkdir(parents=True, exist_ok=True)
    with FileLock(target / ".lock"):
        if (found := installed(source, target)) is not None:
            return found
        binary = target / f"{source.name}{_SUFFIX}"
        _build(source, binary, package)
        (target / _STAMP).write_bytes(_wanted(source))
    return binary


def installed(source: Path, target: Path) -> Path | None:
    """The program as `built` left it; None when there is none of this source."""
    binary, stamp = target / f"{source.name}{_SUFFIX}", target / _STAMP
    is_it = binary.is_file() and stamp.is_file() and stamp.read_bytes() == _wanted(source)
    return binary if is_it else None


def _wanted(source: Path) -> bytes:
    return b"".join(path.read_bytes() for path in sorted(source.iterdir()))


def _build(source: Path, binary: Path, package: str) -> None:
    go = shutil.which("go")
    if go is None:
        raise NotBuiltError(f"{source.name} is not built: install Go, then run this again")
    flags = ("-buildvcs=false", "-trimpath", "-ldflags=-s -w")
    command: list[str | Path] = [go, "build", "-C", source, "-o", binary, *flags, package]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        raise NotBuiltError(f"Go could not build {source.name}: {done.stderr}")
