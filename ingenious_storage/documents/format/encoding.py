"""Encodings: how a document's data become bytes. A head names its own, and JSON is not named."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final

from ingenious_storage import jsondata, msgpackdata
from ingenious_storage.errors import UnsupportedFormatError


@dataclass(frozen=True, slots=True)
class Encoding:
    """One of them; `loads` takes the key of the document for its errors."""

    name: str
    dumps: Callable[[Any], bytes]
    """Raises: InvalidDataError."""
    loads: Callable[..., Any]
    """Raises: CorruptObjectError."""
    same: Callable[[bytes, bytes], bool]
    """Whether what was made just now and what is stored are the same data."""


JSON: Final = Encoding("json", jsondata.dumps, jsondata.loads, jsondata.same)
MSGPACK: Final = Encoding("msgpack", msgpackdata.dumps, msgpackdata.loads, msgpackdata.same)
_BY_NAME: Final[Mapping[str, Encoding]] = {each.name: each for each in (JSON, MSGPACK)}


def encoding_of(name: str, *, key: str) -> Encoding:
    """Raises: UnsupportedFormatError for one that this release does not know."""
    if name not in _BY_NAME:
        raise UnsupportedFormatError(f"the data's encoding is {name!r}", key=key)
    return _BY_NAME[name]
