"""Account keys and shared access signatures: their form is checked, their value never shown."""

from __future__ import annotations

import base64
import binascii
from typing import Final
from urllib.parse import parse_qs

from pydantic import SecretStr

from ingenious_storage.errors import ConfigurationError

# Published with the emulator and the same everywhere: no secret.
EMULATOR_KEY: Final = (
    "Eby8vdM02xNOcqFlqUwJPLlmEtlCDXJ1OUzFT50uSRZ6IFsuFq2UVErCz4I6tq/K1SZFPTOtr/KBHBeksoGMGw=="
)
_AZURE_KEY_BYTES = 64


def is_emulator_key(key: SecretStr | None) -> bool:
    """Whether this is the key of the emulators, which everybody knows."""
    return key is not None and key.get_secret_value() == EMULATOR_KEY


def check_key(key: SecretStr, *, what: str, is_azure: bool) -> SecretStr:
    """Return `key` if it is base64, and of 64 bytes for a host of Azure.

    Raises: ConfigurationError without the key; the SDK would notice at the first request only.
    """
    text = key.get_secret_value().strip()
    try:
        size = len(base64.b64decode(text, validate=True))
    except (binascii.Error, ValueError):
        size = 0
    if size == 0 or (is_azure and size != _AZURE_KEY_BYTES):
        raise ConfigurationError(
            f"{what} is not a whole account key in base64",
            hint="An account key has 88 characters and ends in '=='; copy it again, whole.",
        )
    return SecretStr(text)


def check_sas(token: SecretStr, *, what: str) -> SecretStr:
    """Return `token` without its leading `?` if it is a signed query.

    Raises: ConfigurationError without the token.
    """
    text = token.get_secret_value().strip().removeprefix("?")
    if "sig" not in parse_qs(text) or "://" in text or any(c.isspace() or c in "\"'" for c in text):
        raise ConfigurationError(
            f"{what} is not a shared access signature",
            hint="Give the query of the SAS URL, from 'sv=' to 'sig=...', without the URL.",
        )
    return SecretStr(text)
