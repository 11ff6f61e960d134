"""Uncompared files: with a commit Semgrep compares what is committed or staged."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Sequence
from pathlib import Path

from ingenious_ops.audit.semgrep import environment


def uncompared(paths: Sequence[Path]) -> dict[str, int]:
    """How many files below `paths` are changed and not staged, and how many git does not know."""
    found = {"unstaged": 0, "untracked": 0}
    git = shutil.which("git")
    if git is None:  # Semgrep has refused already
        return found
    command = [git, "--no-optional-locks", "status", "--porcelain=v1", "-z", "--no-renames"]
    command += ["--untracked-files=all", "--", *map(str, paths)]
    done = subprocess.run(  # noqa: S603  # without a shell
        command, env=environment(os.environ, Path(os.devnull)), capture_output=True, check=False
    )
    for entry in done.stdout.decode(errors="replace").split("\0"):
        if entry[:2] == "??":
            found["untracked"] += 1
        elif entry[1:2] not in {"", " "}:
            found["unstaged"] += 1
    return found
