"""The machine of a run, described without its name."""

from __future__ import annotations

import json
import os
import platform
from collections.abc import Sequence
from importlib.metadata import version
from pathlib import Path
from typing import Final

ROOT: Final = Path(__file__).resolve().parents[1]
SCRATCH: Final = ROOT / ".cache/bench"
"""A folder of the checkout: on the disk that it lies on, unlike the usual place of such files."""
_IN_MEMORY: Final = ("tmpfs", "ramfs")


def describe() -> str:
    processor = f"{_processor()}, {os.cpu_count()} cores"
    system = f"{platform.system()} {platform.release().split('-')[0]} ({platform.machine()})"
    python = f"{platform.python_implementation()} {platform.python_version()}"
    return f"{processor}; {system}; {python}; {file_system(ROOT)}"


def versions(names: Sequence[str]) -> str:
    lock = json.loads((ROOT / "tests/integration/azurite/package.json").read_text())
    found = [f"{name} {version(name)}" for name in names]
    return ", ".join([*found, f"Azurite {lock['dependencies']['azurite']}"])


def load() -> str:
    """How many programs wanted to run in the last minute, where the system tells it."""
    return f"{os.getloadavg()[0]:.1f}" if hasattr(os, "getloadavg") else "unknown"


def file_system(path: Path) -> str:
    """The type of the file system that `path` is on; "unknown" where the system has no list."""
    mounts = Path("/proc/self/mounts")
    if not mounts.exists():
        return "unknown file system"
    found = [line.split()[1:3] for line in mounts.read_text().splitlines()]
    holding = [(where, kind) for where, kind in found if path.is_relative_to(where)]
    return max(holding, key=lambda mount: len(mount[0]))[1]


def require_disk() -> None:
    """Raises: RuntimeError when the scratch folder lies in memory, where fsync costs nothing."""
    if file_system(SCRATCH) in _IN_MEMORY:
        raise RuntimeError("the checkout is on a file system in memory: measure on a disk")


def _processor() -> str:
    information = Path("/proc/cpuinfo")
    lines = information.read_text().splitlines() if information.exists() else []
    names = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    return names[0] if names else platform.processor() or "unknown processor"
