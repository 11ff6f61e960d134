"""Packing: work and ranges as bytes, refused when they hold more than plain data.

A secret's text is in the pickle of whatever holds it, however it prints. So what may travel is
listed here, and everything else, such as settings, clients and streams, is refused before any
worker is asked.
"""

from __future__ import annotations

import io
import pickle
from dataclasses import is_dataclass
from datetime import date, timedelta, tzinfo
from enum import Enum
from pathlib import PurePath
from types import BuiltinFunctionType, FunctionType
from typing import Any, Final

from ingenious_ops.bulk.errors import WorkError

_PLAIN: Final = (Enum, PurePath, date, timedelta, tzinfo)
_NAMED: Final = (FunctionType, BuiltinFunctionType, type)
"""They travel by their names."""


def pack(value: Any) -> bytes:
    """`value` as bytes for `unpack` in a process with the same code.

    Raises: WorkError for anything but None, numbers, texts, bytes, dates, paths, enumerations,
        collections and dataclasses of these, and functions and classes of modules.
    """
    stream = io.BytesIO()
    try:
        _Packer(stream, pickle.HIGHEST_PROTOCOL).dump(value)
    except (pickle.PicklingError, TypeError, AttributeError) as error:
        raise WorkError(f"it cannot travel: {error}") from error
    return stream.getvalue()


def unpack(data: bytes) -> Any:
    """What `pack` was given. Only for bytes of an own process: they may name any function."""
    return pickle.loads(data)  # noqa: S301


class _Packer(pickle.Pickler):
    def reducer_override(self, value: Any) -> Any:
        """Called for all but the builtin collections and scalars."""
        if isinstance(value, _NAMED):
            _require_importable(value)
        elif not (isinstance(value, _PLAIN) or is_dataclass(value)):
            kind = f"{type(value).__module__}.{type(value).__qualname__}"
            raise WorkError(f"an object of {kind} is no plain data, and does not travel")
        return NotImplemented


def _require_importable(value: Any) -> None:
    """What a worker cannot import would travel by value on Dask, with all that it refers to."""
    if value.__module__ == "__main__" or "<" in value.__qualname__:
        raise WorkError(f"{value.__module__}.{value.__qualname__} cannot be imported by a worker")
