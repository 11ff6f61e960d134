"""Build the checker of recorded histories, which is a Go program: PyPI has no such thing.

`make porcupine` runs it. What is built lies in .cache/porcupine and is built again when a line of
its source changes.
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Final

from tests.support.golang import NotBuiltError, built

SOURCE: Final = Path(__file__).with_name("checker")
TARGET: Final = Path(__file__).resolve().parents[3] / ".cache/porcupine"


def install() -> Path:
    """The program, built if it is not yet. Raises: NotBuiltError."""
    return built(SOURCE, TARGET)


if __name__ == "__main__":
    try:
        install()
    except NotBuiltError as error:
        sys.exit(str(error))
