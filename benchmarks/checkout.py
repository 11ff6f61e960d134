"""Checkouts of older commits, to measure beside this one."""

from __future__ import annotations

import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

_ROOT: Final = Path(__file__).resolve().parents[1]


@contextmanager
def worktree(commit: str) -> Iterator[Path]:
    """The code of `commit`. Raises: CalledProcessError where the checkout lacks it."""
    with tempfile.TemporaryDirectory() as directory:
        place = Path(directory, commit)
        _git("worktree", "add", "--detach", str(place), commit)
        try:
            yield place
        finally:
            shutil.rmtree(place)
            _git("worktree", "prune")


def _git(*arguments: str) -> None:
    subprocess.run(["git", *arguments], cwd=_ROOT, check=True, capture_output=True)
