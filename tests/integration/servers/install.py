"""Build versitygw, an S3 server, as go.mod beside this pins it; `make versitygw` runs this.

It takes three minutes of CPU the first time. It lies in .cache/versitygw and is built again when
go.mod changes.
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Final

from tests.support.golang import NotBuiltError, built

SOURCE: Final = Path(__file__).with_name("versitygw")
TARGET: Final = Path(__file__).resolve().parents[3] / ".cache/versitygw"
PACKAGE: Final = "github.com/versity/versitygw/cmd/versitygw"


def install() -> Path:
    """The program, built if it is not yet. Raises: NotBuiltError."""
    return built(SOURCE, TARGET, PACKAGE)


if __name__ == "__main__":
    try:
        install()
    except NotBuiltError as error:
        sys.exit(str(error))
