"""Programs and libraries of Debian, unpacked where they are wanted: no service, no root."""

from __future__ import annotations

import shutil
import subprocess
import tempfile
from pathlib import Path


def has_debian() -> bool:
    return all(map(shutil.which, ("apt-get", "dpkg")))


def unpack(package: str, root: Path) -> None:
    """Fetch `package` and put its files below `root`. Raises: CalledProcessError."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        folder.chmod(0o755)  # apt fetches as a user of its own
        try:
            _run("apt-get", "download", package, cwd=folder)
        except subprocess.CalledProcessError:  # its lists are missing, or older than the archive
            _run("apt-get", "update", cwd=folder)
            _run("apt-get", "download", package, cwd=folder)
        (archive,) = folder.glob("*.deb")
        _run("dpkg", "--extract", str(archive), str(root), cwd=folder)


def _run(*command: str, cwd: Path) -> None:
    subprocess.run(command, cwd=cwd, check=True, capture_output=True)
