"""Unpack Debian's Prometheus and promtool into .cache/prometheus; no service, no root.

Exits with 1 and one line that says how to get them where apt cannot.
"""

from __future__ import annotations

import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from filelock import FileLock

from tests.support.servers.debian import has_debian, unpack

TARGET = Path(__file__).resolve().parents[3] / ".cache" / "prometheus"
BIN = TARGET / "bin"
PROGRAMS = ("prometheus", "promtool")
PACKAGE = "prometheus"
HOW = (
    "put prometheus and promtool 2.42 or later (https://prometheus.io/download/) on the PATH; "
    "the tests of alerts and dashboards skip without them"
)


def is_installed() -> bool:
    return all((BIN / name).is_file() for name in PROGRAMS)


def install() -> None:
    """Fetch and unpack the package unless that is done. Raises: CalledProcessError."""
    TARGET.mkdir(parents=True, exist_ok=True)
    with FileLock(TARGET / ".lock"):
        if is_installed():
            return
        sys.stderr.write(f"Unpacking Debian's {PACKAGE} into {TARGET}\n")
        with tempfile.TemporaryDirectory(dir=TARGET) as root:
            unpack(PACKAGE, Path(root))
            BIN.mkdir(exist_ok=True)
            for name in PROGRAMS:
                Path(root, "usr/bin", name).replace(BIN / name)


def main() -> None:
    if is_installed() or all(map(shutil.which, PROGRAMS)):
        return
    if not has_debian():
        sys.exit(f"There is no Prometheus, and no apt to get it with: {HOW}")
    try:
        install()
    except subprocess.CalledProcessError as error:
        sys.exit(f"{error.cmd[0]} failed with exit code {error.returncode}: {HOW}")


if __name__ == "__main__":
    main()
