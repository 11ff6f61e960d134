"""Build Prometheus 3 and its promtool into .cache/prometheus/3, as go.mod beside this pins them.

Debian's package is 2. It takes four minutes of CPU the first time, without the service discoveries.
Exits with 1 and one line that says how to get them where there is no Go.
"""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
from pathlib import Path

from filelock import FileLock

from tests.integration.prometheus.install import PROGRAMS, TARGET

SOURCE = Path(__file__).resolve().parent
BIN = TARGET / "3"
STAMP = TARGET / "built-3"
MODULE = "github.com/prometheus/prometheus"
HOW = "install Go and run this again; the tests that run Prometheus 3 skip without it"


def is_built() -> bool:
    return STAMP.is_file() and STAMP.read_bytes() == _wanted()


def build(go: str) -> None:
    """Build what is not built yet. Raises: CalledProcessError if Go cannot."""
    TARGET.mkdir(parents=True, exist_ok=True)
    with FileLock(TARGET / ".lock-3"):
        if is_built():
            return
        # v0.316.0 is Prometheus 3.16.0: Go wants a major version of 3 in a module's path.
        pinned = re.search(rf"^\s*{MODULE} v0\.(\d)(\d\d)\.(\d+)", _text(), re.MULTILINE)
        assert pinned, f"{SOURCE} does not pin {MODULE}"
        version = f"{pinned[1]}.{int(pinned[2])}.{pinned[3]}"
        sys.stderr.write(f"Building Prometheus {version}: some minutes the first time\n")
        flags = f"-ldflags=-s -w -X github.com/prometheus/common/version.Version={version}"
        options = ["-tags=remove_all_sd,netgo", "-buildvcs=false", "-mod=readonly", flags]
        BIN.mkdir(exist_ok=True)
        packages = [f"{MODULE}/cmd/{name}" for name in PROGRAMS]
        subprocess.run(
            [go, "build", "-C", SOURCE, "-o", f"{BIN}/", *options, *packages], check=True
        )
        STAMP.write_bytes(_wanted())


def _wanted() -> bytes:
    return b"".join((SOURCE / name).read_bytes() for name in ("go.mod", "go.sum"))


def _text() -> str:
    return (SOURCE / "go.mod").read_text(encoding="utf-8")


def main() -> None:
    if is_built():
        return
    go = shutil.which("go")
    if go is None:
        sys.exit(f"There is no Go to build Prometheus 3 with: {HOW}")
    try:
        build(go)
    except subprocess.CalledProcessError as error:
        sys.exit(f"Go could not build Prometheus 3 (exit code {error.returncode}): {HOW}")


if __name__ == "__main__":
    main()
