"""Canned server: a store, written in Go, that costs next to nothing, so that a client is all."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final, Literal

from benchmarks.machine import ROOT
from tests.support.golang import built

_SOURCE: Final = Path(__file__).with_name("server")
_TARGET: Final = ROOT / ".cache/canned"


@contextmanager
def canned(dialect: Literal["azure", "s3"]) -> Iterator[tuple[str, int]]:
    """The URL and the process id of a fresh server. Raises: NotBuiltError."""
    program = built(_SOURCE, _TARGET)
    with subprocess.Popen(
        [program, dialect], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        try:
            yield f"http://127.0.0.1:{int(process.stdout.readline())}", process.pid
        finally:
            process.stdin.close()
