"""An application's environment: the framework, this project and its plugin, as wheels.

What is pinned in requirements.txt beside this is resolved for the framework and this project
together, and installed into .cache/framework-storage. The wheels are built of this checkout, into
an environment on top of that. `python -m tests.library.adapters.ingenious.framework.environment`
pins newer packages.
"""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import Final

from tests.ops.api.framework import environment as framework

ROOT: Final = Path(__file__).resolve().parents[5]
PINNED: Final = Path(__file__).resolve().with_name("requirements.txt")
_TARGET: Final = ROOT / ".cache" / "framework-storage"


def make(folder: Path) -> Path:
    """The interpreter of an environment in `folder`. Raises: as `framework.install`."""
    base = framework.install(PINNED, _TARGET)
    subprocess.run([base, "-m", "venv", "--without-pip", folder], check=True)
    python = folder / "bin" / "python"
    beneath, own = (_packages_of(each) for each in (base, python))
    (own / "beneath.pth").write_text(f"{beneath}\n", encoding="utf-8")
    wheels = folder / "wheels"
    for project in (ROOT, ROOT / "tools" / "plugin"):
        build = [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(wheels)]
        subprocess.run(build, cwd=project, check=True, capture_output=True)
    built = map(str, sorted(wheels.glob("*.whl")))
    framework.uv("pip", "install", "--no-deps", "--python", str(python), *built)
    return python


def _packages_of(python: Path) -> Path:
    code = "import sysconfig; print(sysconfig.get_path('purelib'))"
    done = subprocess.run([python, "-c", code], capture_output=True, text=True, check=True)
    return Path(done.stdout.strip())


if __name__ == "__main__":
    together = ("-c", str(framework.LOCK), str(ROOT / "pyproject.toml"))
    framework.lock(PINNED, *together)
