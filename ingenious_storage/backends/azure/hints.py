"""Hints: what to do when Azure gives no answer, whatever driver asked."""

from __future__ import annotations

from typing import Final
from urllib.parse import urlsplit

from ingenious_storage.config.azure.endpoint import emulator_command, is_loopback

PROVE_IDENTITY: Final = (
    "Check the key or the secret; for an identity, sign in (`az login`) or attach one to this "
    "machine. The cause of this error lists what was tried."
)


def start_emulator(host: str) -> str | None:
    """Where `host`, with its port, is this machine: only an emulator is looked for there."""
    place = urlsplit(f"//{host}")
    if not is_loopback(place.hostname or ""):
        return None
    command = emulator_command(place.port or 10000)
    return f"Nothing listens at {host}. Start the emulator: `{command}`, or correct the endpoint."
