"""Text and JSON that people give: bounded, and strict, so that nothing is stored changed."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any, BinaryIO, Final, NoReturn

from ingenious_storage.errors import InvalidDataError, ObjectTooLargeError

MAX_BYTES: Final = 64 * 1024 * 1024
"""Of one input. A document's own limit is lower, and counts its JSON without white space."""


def read_file(path: Path) -> str:
    """Raises: OSError, InvalidDataError, ObjectTooLargeError."""
    with path.open("rb") as stream:
        return read_stream(stream, str(path))


def read_stream(stream: BinaryIO, name: str) -> str:
    """UTF-8 text, exactly. Raises: as `read_file`."""
    data = stream.read(MAX_BYTES + 1)
    if len(data) > MAX_BYTES:
        raise ObjectTooLargeError(f"{name} is larger than {MAX_BYTES >> 20} MiB", hint="Split it.")
    try:
        return data.decode()
    except UnicodeDecodeError as error:
        problem = f"{name} is not UTF-8 text (byte {error.start})"
    raise InvalidDataError(problem, hint="Save it as UTF-8.")


def parse_json(text: str, name: str) -> Any:
    """Strict JSON: no NaN, and no name twice in one object. Raises: InvalidDataError."""
    try:
        return json.loads(
            text.removeprefix("\ufeff"), object_pairs_hook=_unique, parse_constant=_not_json
        )
    except json.JSONDecodeError as error:
        problem = f"line {error.lineno}, column {error.colno}: {error.msg}"
    except RecursionError:
        problem = "nested too deeply"
    except ValueError as error:
        problem = str(error)
    raise InvalidDataError(f"{name} is not JSON: {problem}")


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) < len(pairs):
        names = [name for name, _ in pairs]
        twice = next(name for name in names if names.count(name) > 1)
        raise ValueError(f"the name {twice!a} is twice in one object")
    return found


def _not_json(constant: str) -> NoReturn:
    raise ValueError(f"{constant} has no JSON form")
