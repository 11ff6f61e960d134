"""The framework's environment, .cache/google-adk, as requirements.txt beside this pins it.

google-adk pins other versions of OpenTelemetry than our exporters need, so it cannot be in the
development environment. The library itself is that of this checkout.
`python -m tests.library.adapters.google_adk.environment --lock` pins newer packages.
"""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import Final

from filelock import FileLock

ROOT: Final = Path(__file__).resolve().parents[4]
LOCK: Final = Path(__file__).resolve().with_name("requirements.txt")
_WANTED: Final = LOCK.with_suffix(".in")
_TARGET: Final = ROOT / ".cache" / "google-adk"


def install() -> Path:
    """The interpreter of the environment, made unless it is there. Raises: CalledProcessError."""
    python, stamp = _TARGET / "bin" / "python", _TARGET / "installed.txt"
    _TARGET.mkdir(parents=True, exist_ok=True)
    with FileLock(_TARGET.with_suffix(".lock")):
        wanted = LOCK.read_bytes()
        if stamp.is_file() and stamp.read_bytes() == wanted and python.exists():
            return python
        subprocess.run(
            [sys.executable, "-m", "venv", "--clear", "--without-pip", _TARGET], check=True
        )
        _uv("pip", "install", "--python", str(python), "--require-hashes", "-r", str(LOCK))
        stamp.write_bytes(wanted)
    return python


def lock() -> None:
    """Pin the newest versions that requirements.in and this project allow."""
    options = ("--universal", "--python-version", "3.11", "--generate-hashes", "--no-header")
    project = ("--extra", "google-adk", str(ROOT / "pyproject.toml"), str(_WANTED))
    _uv("pip", "compile", *options, "--no-annotate", "-o", str(LOCK), *project)


def _uv(*arguments: str) -> None:
    subprocess.run([sys.executable, "-m", "uv", *arguments, "--quiet"], check=True, cwd=ROOT)


if __name__ == "__main__":
    if sys.argv[1:] == ["--lock"]:
        lock()
    else:
        sys.stdout.write(f"{install()}\n")
