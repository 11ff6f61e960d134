"""The real framework, installed into .cache/framework, as requirements.txt beside this pins it.

It needs Python 3.13, which no package on PyPI brings; without it the tests that run it skip. The
install takes some ten seconds and 240 MB. `python -m tests.ops.api.framework.environment --lock`
pins newer packages.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

from filelock import FileLock

SOURCE = Path(__file__).resolve().parent
TARGET = SOURCE.parents[3] / ".cache" / "framework"
LOCK = SOURCE / "requirements.txt"
MISSING = "there is no Python 3.13, which the framework needs"


def python_313() -> str | None:
    """An interpreter that runs: one on the PATH may be no more than a pointer to none."""
    for candidate in _candidates():
        tried = subprocess.run(
            [candidate, "-c", "import sys; print(sys.version_info[:2])"],
            capture_output=True,
            text=True,
            check=False,
        )
        if tried.stdout.strip() == "(3, 13)":
            return candidate
    return None


def _candidates() -> Iterator[str]:
    for name in ("python3.13", "python3", "python"):
        if found := shutil.which(name):
            yield found
    pyenv = Path(os.environ.get("PYENV_ROOT") or Path.home() / ".pyenv") / "versions"
    yield from map(str, sorted(pyenv.glob("3.13*/bin/python3.13")))


def install(pinned: Path = LOCK, target: Path = TARGET) -> Path:
    """The interpreter of the environment, made of what is pinned unless it is there already.

    Raises: FileNotFoundError without Python 3.13; CalledProcessError.
    """
    python, stamp = target / "bin" / "python", target / "installed.txt"
    target.mkdir(parents=True, exist_ok=True)
    with FileLock(target.with_suffix(".lock")):
        wanted = pinned.read_bytes()
        if stamp.is_file() and stamp.read_bytes() == wanted and python.exists():
            return python
        interpreter = python_313()
        if interpreter is None:
            raise FileNotFoundError(MISSING)
        subprocess.run([interpreter, "-m", "venv", "--clear", "--without-pip", target], check=True)
        uv("pip", "install", "--python", str(python), "--require-hashes", "-r", str(pinned))
        stamp.write_bytes(wanted)
    return python


def lock(pinned: Path = LOCK, *more: str) -> None:
    """Pin the newest versions that requirements.in, and `more`, allow."""
    options = (
        "--python-version",
        "3.13",
        "--universal",
        "--generate-hashes",
        "--only-binary=:all:",
    )
    quiet = ("--no-header", "--no-annotate")
    wanted = str(SOURCE / "requirements.in")
    uv("pip", "compile", *options, *quiet, "-o", str(pinned), wanted, *more)


def uv(*arguments: str) -> None:
    """Run uv. Raises: CalledProcessError."""
    subprocess.run([sys.executable, "-m", "uv", *arguments, "--quiet"], check=True)


if __name__ == "__main__":
    if sys.argv[1:] == ["--lock"]:
        lock()
    else:
        sys.stdout.write(f"{install()}\n")
