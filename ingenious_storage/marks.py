"""Marks: the first bytes of what a layer has encoded. No JSON and no UTF-8 text begins so."""

from __future__ import annotations

from typing import Final

from ingenious_storage.errors import ConfigurationError

SEALED: Final = b"\x93ISE"
COMPRESSED: Final = b"\xc9igz"
MARK_BYTES: Final = 4


def undecoded(data: bytes, key: str | None) -> ConfigurationError | None:
    """What to raise for data that no layer has decoded, because it is off; None for other data."""
    if data.startswith(SEALED):
        return ConfigurationError(
            f"{key!r} is encrypted, and storage.encryption is off",
            key=key,
            hint="Set storage.encryption as it was when this was written.",
        )
    if data.startswith(COMPRESSED):
        return ConfigurationError(
            f"{key!r} is compressed, and storage.compression is off",
            key=key,
            hint="Set storage.compression.enabled: true.",
        )
    return None
