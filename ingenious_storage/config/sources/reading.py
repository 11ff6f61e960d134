"""Reads a file of the configuration: text in UTF-8, of bounded size, and without waiting for ever.

A named pipe, or `<(command)` of a shell, is a file too, but one that somebody has to write to.
"""

from __future__ import annotations

import logging
import os
import re
import select
import stat
import time
from typing import TYPE_CHECKING, Final

from ingenious_storage.errors import ConfigurationError

if TYPE_CHECKING:
    from pathlib import Path

MAX_BYTES: Final = 256 * 1024
TELL_AFTER: Final = 1.0
"""Seconds without anything from a pipe after which a warning is logged."""
GIVE_UP_AFTER: Final = 30.0
"""Seconds after which a pipe that is not written to its end is an error."""

_LOG: Final = logging.getLogger("ingenious_storage.config")
# What YAML calls not printable (chapter 5.1), which is nothing for a `.env` either.
_NOT_TEXT: Final = re.compile("[^\t\n\r\x20-\x7e\x85\xa0-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
# A pipe that nobody writes to would keep even the opening waiting.
_FLAGS: Final = os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0)


def read_text(path: Path, label: Path) -> str:
    """The text of a file, without a byte order mark.

    Raises: ConfigurationError with `label`, and the line where one can be told.
    """
    try:
        data = _read(path, label)
    except (OSError, ValueError) as error:  # ValueError: a NUL in the path
        reason = error.strerror if isinstance(error, OSError) else str(error)
        raise ConfigurationError(
            f"{label} cannot be read: {reason}", hint="Check the path and who may read it."
        ) from error
    if len(data) > MAX_BYTES:
        raise error_at(
            label, data.count(b"\n") + 1, f"longer than {MAX_BYTES} bytes", "Is it the right file?"
        )
    text = data.decode("utf-8-sig", errors="surrogateescape")
    if bad := _NOT_TEXT.search(text):
        line = text.count("\n", 0, bad.start()) + 1
        raise error_at(label, line, "not text in UTF-8", "Save the file as UTF-8.")
    return text


def error_at(label: Path, line: int, problem: str, hint: str) -> ConfigurationError:
    """The error for what a line of a file says."""
    return ConfigurationError(f"{label}:{line}: {problem}", hint=hint)


def _read(path: Path, label: Path) -> bytes:
    with open(os.open(path, _FLAGS), "rb", buffering=0) as file:  # noqa: PTH123  # a descriptor
        if stat.S_ISREG(os.fstat(file.fileno()).st_mode) or not hasattr(select, "poll"):
            return file.read(MAX_BYTES + 1) or b""
        return _read_as_it_comes(file.fileno(), label)


def _read_as_it_comes(descriptor: int, label: Path) -> bytes:
    poll, began, told, data = select.poll(), time.monotonic(), False, b""
    poll.register(descriptor, select.POLLIN)
    while len(data) <= MAX_BYTES:
        end = began + (GIVE_UP_AFTER if told else TELL_AFTER)
        if poll.poll(max(0.0, end - time.monotonic()) * 1000):
            part = os.read(descriptor, MAX_BYTES)
            if not part:
                break
            data += part
        elif told:
            raise ConfigurationError(
                f"{label} cannot be read: nobody wrote it to its end within {GIVE_UP_AFTER:g} s",
                hint="It is a pipe: start what writes to it, or put a file in its place.",
            )
        else:
            _LOG.warning("%s is a pipe: waiting for who writes to it", label)
            told = True
    return data
