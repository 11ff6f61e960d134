"""`.env`: read as python-dotenv reads it, but what that skips or empties is an error here.

Its grammar is that of python-dotenv, which the software that shares the file uses.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterator, Mapping
from io import StringIO
from pathlib import Path
from typing import Final, NamedTuple

from dotenv.parser import parse_stream

from ingenious_storage.config.sources.reading import error_at, read_text

_NAME: Final = re.compile(r"[!-~]+")
_REFERENCE: Final = re.compile(r"\$\{(?:([A-Za-z_][A-Za-z0-9_]*)(?::-([^}]*))?\})?")


class _Line(NamedTuple):
    number: int
    value: str | None
    half_quoted: bool
    """It ends with a quote that it does not begin with."""


class Dotenv(Mapping[str, str]):
    """The variables of a `.env`, with `${NAME}` and `${NAME:-default}` replaced.

    To ask for one that cannot be used raises ConfigurationError: it stands there twice with two
    values, has no `=`, or needs a variable that is not set. One that nobody asks for may be so,
    as other software's variables stand there too.
    """

    def __init__(
        self, lines: Mapping[str, list[_Line]], label: Path, environment: Mapping[str, str]
    ) -> None:
        self._lines, self._label, self._environment = lines, label, environment

    def __getitem__(self, name: str) -> str:
        return self._value(name, self._lines[name])

    def __contains__(self, name: object) -> bool:
        return name in self._lines

    def __iter__(self) -> Iterator[str]:
        return iter(self._lines)

    def __len__(self) -> int:
        return len(self._lines)

    def line(self, name: str) -> int:
        """The line that gives a variable its value."""
        return self._lines[name][0].number

    def _value(self, name: str, lines: list[_Line]) -> str:
        first, *others = lines
        if other := next((line for line in others if line.value != first.value), None):
            raise error_at(
                self._label,
                other.number,
                f"{name} has another value than in line {first.number}",
                "Keep one of the lines.",
            )
        if first.value is None:
            raise error_at(
                self._label, first.number, f"{name} has no '='", "Write NAME=VALUE, or remove it."
            )
        if first.half_quoted:
            raise error_at(
                self._label,
                first.number,
                f"{name} ends with a quote that it does not begin with",
                "Quote the whole value, or nothing of it.",
            )
        return self._expanded(name, first.number, first.value)

    def _expanded(self, name: str, number: int, text: str) -> str:
        def value_of(match: re.Match[str]) -> str:
            wanted, default = match.groups()
            if wanted is None:
                raise error_at(
                    self._label,
                    number,
                    f"{name} has a '${{' that names no variable",
                    "Write ${NAME} or ${NAME:-default}.",
                )
            if given := self._environment.get(wanted) or self._above(wanted, number):
                return given
            if default is None:
                raise error_at(
                    self._label,
                    number,
                    f"{name} needs the variable {wanted}, which is not set",
                    f"Set {wanted}, in a line above or in the environment, or write "
                    f"${{{wanted}:-default}}.",
                )
            return str(default)

        return _REFERENCE.sub(value_of, text)

    def _above(self, name: str, number: int) -> str | None:
        lines = [line for line in self._lines.get(name, []) if line.number < number]
        return self._value(name, lines) if lines else None


def read_dotenv(path: Path, label: Path, environment: Mapping[str, str]) -> Dotenv:
    """The variables of the `.env` at `path`, none without a file; `environment` comes first.

    A folder of that name is an error too, unless it is a virtual environment.

    Raises: ConfigurationError, with the line, for one that cannot be read, also when it is about
    other software: nobody knows what it was meant to say.
    """
    lines: dict[str, list[_Line]] = {}
    if not is_dotenv(path):
        return Dotenv(lines, label, environment)
    for binding in parse_stream(StringIO(read_text(path, label))):
        original = binding.original.string
        blank = original[: len(original) - len(original.lstrip())]
        number = binding.original.line + len(re.findall(r"\r\n|\r|\n", blank))
        if binding.error or (binding.key is not None and not _NAME.fullmatch(binding.key)):
            raise error_at(
                label,
                number,
                "not a line of the form NAME=VALUE",
                "Correct it; a value that begins with a quote ends with the same one.",
            )
        if binding.key is not None:
            line = _Line(number, binding.value, _is_half_quoted(original))
            lines.setdefault(binding.key, []).append(line)
    return Dotenv(lines, label, environment)


def is_dotenv(path: Path) -> bool:
    """Whether there is one to be read. A link to nothing is one, a virtual environment is none."""
    return os.path.lexists(path) and not (path / "pyvenv.cfg").is_file()


def _is_half_quoted(line: str) -> bool:
    text = line.partition("=")[2].strip()
    return text.endswith(("'", '"')) and not text.startswith(("'", '"'))
