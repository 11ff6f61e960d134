"""Packing: work and ranges as bytes, refused when they hold more than plain data.

A secret's text is in the pickle of whatever holds it, however it prints. So what may travel is
listed here, and everything else, such as settings, clients and streams, is refused before any
worker is asked.
"""

from __future__ import annotations

import io
import pickle
from dataclasses import fields, is_dataclass
from datetime import date, timedelta, tzinfo
from enum import Enum
from functools import lru_cache
from pathlib import PurePath
from types import BuiltinFunctionType, FunctionType
from typing import Any, Final

from ingenious_ops.bulk.errors import WorkError
from ingenious_storage.errors import StorageError

_PLAIN: Final = (Enum, PurePath, date, timedelta, tzinfo)
_NAMED: Final = (FunctionType, BuiltinFunctionType, type)
"""They travel by their names."""


def pack(value: Any) -> bytes:
    """`value` as bytes for `unpack` in a process with the same code.

    Raises: WorkError for anything but None, numbers, texts, bytes, dates, paths, enumerations,
        collections and dataclasses of these, and functions and classes of modules.
    """
    try:
        return _dumped(value, _Packer)
    except (pickle.PicklingError, TypeError, AttributeError) as error:
        raise WorkError(f"it cannot travel: {error}") from error


def pack_answer(value: Any) -> bytes:
    """`value` as bytes for `unpack`, with no question what it holds: it stays among ourselves.

    Raises: what pickle raises.
    """
    return _dumped(value, _Pickler)


def unpack(data: bytes) -> Any:
    """What was packed. Only for bytes of an own process: they may name any function."""
    return pickle.loads(data)  # noqa: S301


class _Pickler(pickle.Pickler):
    """Dataclasses are made again by their arguments.

    The way of their own asks the class for its fields at each object: half of what a migration of
    small files spent on its processes.
    """

    def reducer_override(self, value: Any) -> Any:
        """Called for all but the builtin collections and scalars."""
        if isinstance(value, StorageError):
            return value.__reduce__()  # as tblib does it on Dask, its cause would travel too
        kind: Any = type(value)
        names = _arguments(kind)
        return NotImplemented if names is None else (kind, tuple(getattr(value, n) for n in names))


class _Packer(_Pickler):
    def reducer_override(self, value: Any) -> Any:
        """As above, of what may travel."""
        if isinstance(value, _NAMED):
            _require_importable(value)
        elif not (isinstance(value, _PLAIN) or is_dataclass(value)):
            kind = f"{type(value).__module__}.{type(value).__qualname__}"
            raise WorkError(f"an object of {kind} is no plain data, and does not travel")
        return super().reducer_override(value)


def _dumped(value: Any, pickler: type[_Pickler]) -> bytes:
    stream = io.BytesIO()
    pickler(stream, pickle.HIGHEST_PROTOCOL).dump(value)
    return stream.getvalue()


@lru_cache
def _arguments(kind: type) -> tuple[str, ...] | None:
    """Those of a dataclass with slots, in order; None where arguments do not say all of it."""
    if not is_dataclass(kind) or "__slots__" not in vars(kind):
        return None
    found = fields(kind)
    plain = all(each.init and not each.kw_only for each in found)
    return tuple(each.name for each in found) if plain else None


def _require_importable(value: Any) -> None:
    """What a worker cannot import would travel by value on Dask, with all that it refers to."""
    if value.__module__ == "__main__" or "<" in value.__qualname__:
        raise WorkError(f"{value.__module__}.{value.__qualname__} cannot be imported by a worker")
