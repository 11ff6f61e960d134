"""Faults that a check meets."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Any, NoReturn

from tests.support.faults import Call, Request


def raising(error: Exception) -> Callable[[Request, Call], NoReturn]:
    def fault(request: Request, call: Call) -> NoReturn:
        raise error

    return fault


class Gate:
    """A fault: requests wait until it is opened, then they pass."""

    def __init__(self) -> None:
        self.opened = threading.Event()

    def __call__(self, request: Request, call: Call) -> Any:
        assert self.opened.wait(30)
        return call()
