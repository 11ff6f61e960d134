"""Telemetry of the catalogue: what a sync has read, and how long it took."""

from __future__ import annotations

import time
from collections.abc import Callable
from functools import wraps
from typing import Concatenate, Literal, ParamSpec, TypeVar

from ingenious_storage import telemetry
from ingenious_storage.config import Role
from ingenious_storage.errors import StorageError

P = ParamSpec("P")
R = TypeVar("R")
S = TypeVar("S")
Became = Literal["read", "removed", "damaged"]
"""Of a document in a sync: its row is new; it is gone, and so is its row; nobody can read it."""


def count(role: Role, became: Became, number: int) -> None:
    """So many documents of a container."""
    if number:
        attributes = {telemetry.ATTR_CONTAINER: role, telemetry.ATTR_OUTCOME: became}
        telemetry.emit.catalogue_documents.add(number, attributes)


def timed(call: Callable[Concatenate[S, P], R]) -> Callable[Concatenate[S, P], R]:
    """Set the gauge to how long the call took, however it ended."""

    @wraps(call)
    def inside(catalogue: S, /, *args: P.args, **kwargs: P.kwargs) -> R:
        began, attributes = time.monotonic(), dict[str, str]()
        try:
            return call(catalogue, *args, **kwargs)
        except BaseException as error:
            code = error.code if isinstance(error, StorageError) else type(error).__qualname__
            attributes[telemetry.ATTR_ERROR] = code
            raise
        finally:
            telemetry.emit.catalogue_duration.set(round(time.monotonic() - began, 3), attributes)

    return inside
