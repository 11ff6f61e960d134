"""Inputs that people give a command to store: a file, or standard input."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final, TypeVar

import click

from ingenious_ops.intake import parse_json, read_file, read_stream

F = TypeVar("F", bound=Callable[..., Any])
STDIN: Final = "-"


def input_argument(command: F) -> F:
    """FILE, "-" or, when something is piped in, nothing."""
    return click.argument("file", required=False, metavar="[FILE]")(command)


def read_json(file: str | None) -> Any:
    """Raises: as `read_text`."""
    return parse_json(read_text(file), "standard input" if file in {None, STDIN} else str(file))


def read_text(file: str | None) -> str:
    """Raises: UsageError when nothing is given, or it cannot be read; InvalidDataError;
    ObjectTooLargeError.
    """
    if file is None and sys.stdin.isatty():
        raise click.UsageError("give a FILE, or - for standard input")
    if file is None or file == STDIN:
        return read_stream(sys.stdin.buffer, "standard input")
    try:
        return read_file(Path(file))
    except OSError as error:
        raise click.UsageError(f"cannot read {file}: {error.strerror}") from error
