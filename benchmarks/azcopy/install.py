"""Install azcopy with the pinned npm package, and the one library that it may miss."""

from __future__ import annotations

import ctypes.util
import os
import subprocess
import sys
from pathlib import Path
from typing import Final

from tests.integration.azurite.install import install, lock
from tests.support.servers.debian import has_debian, unpack

SOURCE: Final = Path(__file__).resolve().parent
TARGET: Final = SOURCE.parents[1] / ".cache/azcopy"
_BINARY: Final = TARGET / "node_modules/@azure-tools/azcopy-linux/dist/bin/azcopy_linux_amd64"
_LIBRARIES: Final = TARGET / "libraries"


def azcopy() -> tuple[Path, dict[str, str]] | None:
    """The installed program and the environment that it needs; None where it does not run."""
    environment = {"LD_LIBRARY_PATH": os.pathsep.join(map(str, _LIBRARIES.glob("usr/lib/*")))}
    if not _BINARY.exists():
        return None
    done = subprocess.run(
        [_BINARY, "--version"], env={**os.environ, **environment}, check=False, capture_output=True
    )
    return (_BINARY, environment) if done.returncode == 0 else None


def main() -> None:
    if sys.argv[1:] == ["--lock"]:
        lock(SOURCE)
        return
    install(SOURCE, TARGET)
    _BINARY.chmod(0o755)
    known = ctypes.util.find_library("secret-1") or _LIBRARIES.is_dir()
    if not known and has_debian():
        unpack("libsecret-1-0", _LIBRARIES)
    if azcopy() is None:
        sys.exit("azcopy does not run here: it needs libsecret-1 (Debian: libsecret-1-0)")


if __name__ == "__main__":
    main()
