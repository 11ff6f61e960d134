"""Waiting for what another thread or process does, and limits of time that leave enough of it."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import TypeVar

T = TypeVar("T")


def eventually(look: Callable[[], T], *, within: float = 60.0, pause: float = 0.02) -> T:
    """The first answer of `look` that is true; fails the test after `within` seconds."""
    deadline = time.monotonic() + within
    while True:
        found = look()
        if found:
            return found
        assert time.monotonic() < deadline, f"not within {within:g} s: {found!r}"
        time.sleep(pause)


def with_time_enough(
    call: Callable[[float], T], is_enough: Callable[[T], bool], *, seconds: float = 0.4
) -> T:
    """What `call` makes of a limit of `seconds`, or of a longer one.

    What has to happen before the limit ends it, such as a handshake, takes longer on a busy
    machine: while `is_enough` says no of it, the limit is five times as long, twice.
    """
    found = call(seconds)
    for longer in (5 * seconds, 25 * seconds):
        if is_enough(found):
            break
        found = call(longer)
    return found
