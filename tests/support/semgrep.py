"""Semgrep for the tests: in an environment of its own, where `make test` installs it."""

from __future__ import annotations

import os
import shutil
from pathlib import Path
from typing import Final

import pytest

_HOME: Final = Path(__file__).parents[2] / ".cache" / "semgrep"
FOLDERS: Final = os.pathsep.join(str(_HOME / name) for name in ("bin", "Scripts"))

needs_semgrep: Final = pytest.mark.skipif(
    shutil.which("semgrep", path=FOLDERS) is None,
    reason="Semgrep is not installed: `make semgrep` does that",
)


def with_semgrep(path: str) -> str:
    """A PATH on which Semgrep comes first."""
    return f"{FOLDERS}{os.pathsep}{path}"
