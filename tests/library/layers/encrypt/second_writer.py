"""What the second reader reads, written a second time, with keys and salts that are given."""

from __future__ import annotations

import base64
import hashlib
import json
from typing import Any

from cryptography.hazmat.primitives import keywrap
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from ingenious_storage.backends.base import Backend
from tests.library.layers.encrypt.second_reader import FRAME, hkdf, text

AT = "2026-11-01T12:00:00Z"
VAULT, MASTER, CONTAINER, DOCUMENT = (bytes([n]) * 32 for n in (0x11, 0x22, 0x33, 0x44))
MASTER_ID = "0123456789abcdef"
CONTAINER_ID, DOCUMENT_ID = bytes(range(16)), bytes(range(16, 32))
KEY_FILE = json.dumps(
    {
        "format": "ingenious.key-file/1",
        "keys": [{"id": "v1", "created_at": AT, "key": base64.b64encode(VAULT).decode()}],
    }
).encode()


def sealed(key: bytes, key_id: bytes, salt: bytes, *, role: str, name: str, data: bytes) -> bytes:
    header = b"\x93ISE\x01\x00" + key_id + salt
    cipher = AESGCM(hkdf(key, salt, b"ingenious.encrypted/1"))
    frames = [data[start : start + FRAME] for start in range(0, len(data) or 1, FRAME)]
    stored = header
    for index, frame in enumerate(frames):
        nonce = index.to_bytes(11, "big") + bytes([index == len(frames) - 1])
        stored += cipher.encrypt(nonce, frame, header + text(role) + text(name))
    return stored


def records(role: str, document: str | None = None) -> dict[str, bytes]:
    """The records of the keys above, by their names."""
    made = {
        f"keys/master/{MASTER_ID}.json": {
            "format": "ingenious.master-key/1",
            "id": MASTER_ID,
            "wrapped": base64.b64encode(keywrap.aes_key_wrap(VAULT, MASTER)).decode(),
            "key_id": "file:key.json/v1",
            "algorithm": "A256KW",
            "created_at": AT,
        },
        "keys/container.json": {
            "format": "ingenious.container-key/1",
            "master": MASTER_ID,
            "keys": [_entry(CONTAINER_ID, CONTAINER, role, "")],
        },
    }
    if document is not None:
        name = document
        if len(document.encode()) > 900:
            name = hashlib.sha256(document.encode()).hexdigest() + ".sha256"
        made[f"keys/documents/{name}"] = {
            "format": "ingenious.document-key/1",
            "keys": [_entry(DOCUMENT_ID, DOCUMENT, role, document)],
        }
    return {name: json.dumps(record).encode() for name, record in made.items()}


def install(store: Backend, role: str = "data", document: str | None = None) -> None:
    """Put the records into a container."""
    for name, data in records(role, document).items():
        store.put(name, data)


def _entry(key_id: bytes, key: bytes, role: str, document: str) -> dict[str, Any]:
    wrapping = hkdf(MASTER, b"", b"ingenious.key-wrap/1" + text(role) + text(document))
    wrapped = base64.b64encode(keywrap.aes_key_wrap(wrapping, key)).decode()
    return {"id": key_id.hex(), "wrapped": wrapped, "created_at": AT, "master": MASTER_ID}
