"""Tables: values whose names are the author's own, as files and variables write them."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Annotated, Any, Final

from pydantic import AfterValidator, BeforeValidator, Field

from ingenious_storage.errors import ConfigurationError

_FRAMEWORK: Final = re.compile(r"[a-z0-9-]+")
_LASTING: Final = frozenset({"agents", "label", "labels", "prompts"})


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
            "not a table", hint='In a variable it is a JSON object, such as {"NAME": "reader"}.'
        )
    return found


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise ValueError("a name twice")
    return found


class Table(dict[str, Any]):
    """One that can be hashed, as sections can; nobody changes it."""

    def __hash__(self) -> int:  # type: ignore[override]
        return hash(frozenset(self.items()))


def _expiring(ttls: Mapping[str, int]) -> Mapping[str, int]:
    """Those of what ends: a prompt set is in use without being written."""
    for name in ttls:
        if name in _LASTING or not _FRAMEWORK.fullmatch(name):
            raise ConfigurationError(
                f"{name!r} is nothing that a TTL can be of",
                hint="Name memory, or a framework as `agents ls` does, such as openai-agents.",
            )
    return Table(ttls)


Ttls = Annotated[
    Mapping[str, Annotated[int, Field(ge=1, le=36_500, strict=True)]],
    BeforeValidator(table),
    AfterValidator(_expiring),
]
"""Days by what is meant: `memory`, or a framework of `Storage.agents`."""
