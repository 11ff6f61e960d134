"""The heap of a process that copies large objects."""

from __future__ import annotations

import ctypes
import sys
from contextlib import suppress
from functools import cache
from typing import Final

_M_ARENA_MAX: Final = -8
"""As malloc.h of glibc names it; mallopt(3)."""


@cache
def share_heap() -> None:
    """Have all threads to come use one heap, once for the process; without glibc nothing happens.

    Else each keeps blocks of the size of a chunk for itself: up to 119 MB in place of 80 while 1 GB
    is read. They nearly always hold Python's lock while they ask for memory, and so do not wait
    for each other there.
    """
    if sys.platform == "linux":
        with suppress(AttributeError):  # musl has no such call, and one heap
            ctypes.CDLL(None).mallopt(_M_ARENA_MAX, 1)
