"""A second reader of encrypted blobs, written from docs/storage-format.md with `cryptography` only.

It shares no line with the library, so that a mistake in one of them is seen.
"""

from __future__ import annotations

import base64
import hashlib
import json
from collections.abc import Callable
from typing import Any

from cryptography.hazmat.primitives import keywrap
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

FRAME = 1024 * 1024


class SecondReader:
    """Reads the container of a role by `get`, which gives the stored bytes of a name."""

    def __init__(self, get: Callable[[str], bytes], key_file: bytes, role: str) -> None:
        self.get, self.role = get, role
        keys = json.loads(key_file)["keys"]
        self.vault = {each["id"]: base64.b64decode(each["key"]) for each in keys}

    def read(self, key: str, document: str | None = None) -> bytes:
        """The data of the blob `key`, which belongs to `document`, or to none."""
        return self.opened(key, self.get(key), document)

    def opened(self, key: str, stored: bytes, document: str | None = None) -> bytes:
        header, frames = stored[:38], stored[38:]
        assert header[:6] == b"\x93ISE\x01\x00"
        cipher = AESGCM(
            hkdf(self.key(header[6:22], document), header[22:], b"ingenious.encrypted/1")
        )
        bound = header + text(self.role) + text(key)
        data, last = b"", (len(frames) - 1) // (FRAME + 16)
        for index in range(last + 1):
            frame = frames[index * (FRAME + 16) : (index + 1) * (FRAME + 16)]
            nonce = index.to_bytes(11, "big") + (b"\x01" if index == last else b"\x00")
            data += cipher.decrypt(nonce, frame, bound)
        return data

    def key(self, key_id: bytes, document: str | None) -> bytes:
        name = "keys/container.json" if document is None else f"keys/documents/{document}"
        if document is not None and len(document.encode()) > 900:
            name = f"keys/documents/{hashlib.sha256(document.encode()).hexdigest()}.sha256"
        [entry] = (e for e in json.loads(self.get(name))["keys"] if e["id"] == key_id.hex())
        info = b"ingenious.key-wrap/1" + text(self.role) + text(document or "")
        wrapping = hkdf(self.master(entry["master"]), b"", info)
        return keywrap.aes_key_unwrap(wrapping, base64.b64decode(entry["wrapped"]))

    def master(self, master: str) -> bytes:
        record: Any = json.loads(self.get(f"keys/master/{master}.json"))
        vault = self.vault[record["key_id"].rpartition("/")[2]]
        return keywrap.aes_key_unwrap(vault, base64.b64decode(record["wrapped"]))


def hkdf(key: bytes, salt: bytes, info: bytes) -> bytes:
    return HKDF(SHA256(), 32, salt, info).derive(key)


def text(value: str) -> bytes:
    return len(value.encode()).to_bytes(4, "big") + value.encode()
