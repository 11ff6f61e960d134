"""Request ids: what names one request in its answer, in its problem and in the log."""

from __future__ import annotations

import re
import secrets
from contextvars import ContextVar
from typing import Final

HEADER: Final = "X-Request-Id"
_USABLE = re.compile(r"[A-Za-z0-9._:=+/-]{1,128}")
current: Final[ContextVar[str | None]] = ContextVar("ingenious_request_id", default=None)
"""That of the request that is being answered, in its task and in the threads that work for it."""


def chosen(sent: str | None) -> str:
    """The caller's own id when it is harmless in a log, else a new one."""
    return sent if sent is not None and _USABLE.fullmatch(sent) else secrets.token_hex(16)
