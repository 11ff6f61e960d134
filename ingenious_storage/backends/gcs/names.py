"""Names of objects: the rules of GCS for them, and how they travel in a URL.

Source: "About Cloud Storage objects", section "Object names".
"""

from __future__ import annotations

from functools import lru_cache
from typing import Final
from urllib.parse import quote

from ingenious_storage.backends.limits import StoreLimits
from ingenious_storage.errors import InvalidKeyError

LIMITS: Final = StoreLimits(key_bytes=1024, blob_bytes=5 * 1024**4, metadata_bytes=8 * 1024)
_RESERVED: Final = ".well-known/acme-challenge/"


def object_name(operation: str, key: str) -> str:
    """`key` percent-encoded, "/" too. Raises: InvalidKeyError, before anything is sent."""
    name = _encoded(key)
    if name is None:
        raise _refusal(operation, key)
    return name


@lru_cache(maxsize=1024)
def _encoded(key: str) -> str | None:
    """None for what GCS does not take."""
    try:
        raw = key.encode()
    except UnicodeEncodeError:
        return None
    if not 0 < len(raw) <= 1024 or key in {".", ".."} or key.startswith(_RESERVED):
        return None
    if "\n" in key or "\r" in key:
        return None
    return quote(raw, safe="")


def _refusal(operation: str, key: str) -> InvalidKeyError:
    error = LIMITS.refusal(key)
    shown = ascii(key[:80])
    return InvalidKeyError(
        f"{operation}: {error.message if error else f'GCS does not take the key {shown}'}",
        operation=operation,
        key=key,
        hint="1 to 1,024 bytes as UTF-8, no line break, not '.' or '..', and nothing below "
        f"{_RESERVED}.",
    )
