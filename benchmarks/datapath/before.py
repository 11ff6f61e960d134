"""Commit before the own request path: its command line as processes, and ours beside it."""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Final
from unittest.mock import patch

from benchmarks.processes import once

COMMIT: Final = "ac99325"
"""The last one whose every request went through azure-storage-blob."""
OURS: Final = "ours"
_CODE: Final = "import sys; sys.path[:0] = sys.argv[1:3]; del sys.argv[1:3]; "
_COMMAND: Final = "from ingenious_ops.cli import main; main()"


def python(checkout: Path, code: str, *arguments: str) -> tuple[str, ...]:
    """The words that run `code` with the packages of `checkout`, from any folder."""
    return (sys.executable, "-c", _CODE + code, str(checkout), str(checkout / "ops"), *arguments)


def command(checkout: Path, *arguments: str) -> tuple[str, ...]:
    """The words of `ingenious-storage ARGUMENTS` by the code of `checkout`."""
    return python(checkout, _COMMAND, *arguments)


def timed(
    words: Sequence[str], folder: Path, variables: Mapping[str, str]
) -> tuple[float, float, float]:
    """Wall and CPU seconds, and the peak of memory in MB, of a process with these variables."""
    with patch.dict(os.environ, variables):
        return once(words, folder)
