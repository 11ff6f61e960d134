"""Unwrapping of a key by AES-KW (RFC 3394), without an error that could carry keys."""

from __future__ import annotations

from cryptography.hazmat.primitives.keywrap import InvalidUnwrap, aes_key_unwrap

from ingenious_storage.runtime.secret import Secret


def unwrapped(wrapping: Secret, wrapped: bytes) -> Secret | None:
    """None for bytes that `wrapping` did not wrap: the traceback of an error could hold both."""
    try:
        return Secret(aes_key_unwrap(wrapping.reveal(), wrapped))
    except (InvalidUnwrap, ValueError):
        return None
