"""Envelope of an encrypted blob; docs/storage-format.md describes it for other programs.

A header of 38 bytes: magic, version, flags, the id of a document key or container key, a salt.
Then frames of 1 MiB, each sealed with AES-256-GCM. The content key is derived from the key and the
salt, and the salt is drawn for each write, so a content key seals one blob once: its nonces can be
counters. A frame is bound to its header, to the container's role, the blob's key, its number and
whether it is the last: what was moved, swapped, cut or repeated does not open.
"""

from __future__ import annotations

import os
from dataclasses import dataclass
from typing import Final

from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from ingenious_storage import marks
from ingenious_storage.errors import CorruptObjectError, UnsupportedFormatError
from ingenious_storage.runtime.secret import Secret

MAGIC: Final = marks.SEALED
VERSION: Final = 1
KEY_ID_BYTES: Final = 16
SALT_BYTES: Final = 16
HEADER_BYTES: Final = 4 + 1 + 1 + KEY_ID_BYTES + SALT_BYTES
TAG_BYTES: Final = 16
KEY_BYTES: Final = 32
_INFO: Final = b"ingenious.encrypted/1"
_START: Final = MAGIC + bytes((VERSION, 0))


@dataclass(frozen=True, slots=True)
class Key:
    """A key that blobs are sealed with, and its id, of `KEY_ID_BYTES` bytes."""

    id: bytes
    secret: Secret


def new_header(key_id: bytes) -> bytes:
    """The header of one write, with a new salt."""
    return _START + key_id + os.urandom(SALT_BYTES)


def key_id_of(header: bytes, key: str) -> bytes:
    """The id of the key that a blob was sealed with, by its first bytes.

    Raises: CorruptObjectError, UnsupportedFormatError.
    """
    if len(header) < HEADER_BYTES:
        raise CorruptObjectError(
            f"an encrypted blob of {len(header)} bytes", key=key, operation="get"
        )
    if not header.startswith(_START):
        raise UnsupportedFormatError(
            f"an encrypted blob of version {header[4]} with flags {header[5]}",
            key=key,
            operation="get",
        )
    return header[6 : 6 + KEY_ID_BYTES]


def derived(secret: Secret, *, salt: bytes, info: bytes) -> Secret:
    """A key of 32 bytes by HKDF-SHA256."""
    return Secret(HKDF(SHA256(), KEY_BYTES, salt, info).derive(secret.reveal()))


def context(header: bytes, role: str, key: str) -> bytes:
    """What every frame of a blob is bound to."""
    return header + prefixed(role, key)


def prefixed(*texts: str) -> bytes:
    """The texts, each behind its length in bytes as 4 bytes, big endian."""
    encoded = [text.encode() for text in texts]
    return b"".join(len(each).to_bytes(4, "big") + each for each in encoded)


class Sealer:
    """The content key of one blob's one write."""

    __slots__ = ("_cipher", "_context")

    def __init__(self, secret: Secret, header: bytes, role: str, key: str) -> None:
        salt = header[-SALT_BYTES:]
        self._cipher = AESGCM(derived(secret, salt=salt, info=_INFO).reveal())
        self._context = context(header, role, key)

    def seal(self, index: int, data: bytes, *, is_last: bool) -> bytes:
        """The stored bytes of a frame, `TAG_BYTES` longer than `data`."""
        return self._cipher.encrypt(_nonce(index, is_last), data, self._context)

    def unseal(self, index: int, data: bytes, *, is_last: bool) -> bytes:
        """The data of a frame. Raises: InvalidTag for what was not sealed as this one."""
        return self._cipher.decrypt(_nonce(index, is_last), data, self._context)


def _nonce(index: int, is_last: bool) -> bytes:  # noqa: FBT001  # half of a nonce
    return index.to_bytes(11, "big") + bytes((is_last,))
