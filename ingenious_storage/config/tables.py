"""Tables: values whose names are the author's own, as files and variables write them."""

from __future__ import annotations

import json
from typing import Any

from ingenious_storage.errors import ConfigurationError


def table(value: object) -> object:
    """What a key says: a variable of the environment writes a table as a JSON object.

    Raises: ConfigurationError for other text; it is not quoted.
    """
    if value is None:  # as a key of a file that is there, and empty
        return {}
    if not isinstance(value, str):
        return value
    try:
        found = json.loads(value, object_pairs_hook=_once)
    except ValueError:
        found = None
    if not isinstance(found, dict):
        raise ConfigurationError(
            "not a table", hint='In a variable it is a JSON object: {"NAME": {"role": "reader"}}.'
        )
    return found


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise ValueError("a name twice")
    return found
