"""Waiting for what another thread or process does: never longer than a deadline."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import TypeVar

T = TypeVar("T")


def eventually(look: Callable[[], T], *, within: float = 20.0, pause: float = 0.02) -> T:
    """The first answer of `look` that is true; fails the test after `within` seconds."""
    deadline = time.monotonic() + within
    while True:
        found = look()
        if found:
            return found
        assert time.monotonic() < deadline, f"not within {within:g} s: {found!r}"
        time.sleep(pause)
