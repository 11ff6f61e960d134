"""The heap of a process that copies large objects."""

from __future__ import annotations

import ctypes
import sys
from contextlib import suppress
from functools import cache
from typing import Final

LARGE_BLOCK: Final = 1024 * 1024
"""Bytes from which the system gets a block back as soon as it is freed."""
_M_MMAP_THRESHOLD: Final = -3
"""As malloc.h of glibc names it; mallopt(3)."""


@cache
def give_back_large() -> None:
    """Have glibc give each large block back, once for the process; elsewhere nothing happens.

    By itself it raises its threshold to the largest block that was freed, and from then on each
    thread keeps blocks of that size: 90 to 119 MB in place of 78 while 1 GB is read.
    """
    if sys.platform == "linux":
        with suppress(AttributeError):  # musl has no such call, and keeps none of them
            ctypes.CDLL(None).mallopt(_M_MMAP_THRESHOLD, LARGE_BLOCK)
