"""Quiet: botocore's DEBUG log, left out while it is asked for a key.

At DEBUG botocore writes whole requests and answers: the token that it shows to a provider of
identities, and the secret key that comes back. What an application logs of its own use of botocore
is left alone.
"""

from __future__ import annotations

import logging
from contextvars import ContextVar
from typing import TYPE_CHECKING, Final, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable

T = TypeVar("T")
_LOGGERS: Final = (
    "auth", "awsrequest", "credentials", "endpoint", "hooks", "httpsession", "parsers",
    "retryhandler", "tokens", "utils",
)  # fmt: skip
"""Modules of botocore that handle requests. A filter of "botocore" would not hold for them."""
_asks: Final[ContextVar[bool]] = ContextVar("ingenious_storage_asks_botocore", default=False)


def quietly(ask: Callable[[], T]) -> T:
    """What `ask` gives."""
    _install()
    token = _asks.set(True)
    try:
        return ask()
    finally:
        _asks.reset(token)


def _install() -> None:
    for name in _LOGGERS:
        logging.getLogger(f"botocore.{name}").addFilter(_passes)  # once: a function equals itself


def _passes(record: logging.LogRecord) -> bool:
    return record.levelno > logging.DEBUG or not _asks.get()
