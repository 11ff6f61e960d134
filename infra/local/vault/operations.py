"""What each operation of the contract does, and the JSON that shows a key."""

from __future__ import annotations

from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from local.vault import keys as material
from local.vault.errors import bad, disabled
from local.vault.keys import Keys, Version

ALGORITHM = "RSA-OAEP-256"
Json = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Call:
    """One request that may be served: the key and the version in its path ("" for the newest)."""

    keys: Keys
    url: str
    name: str
    version: str
    body: Json


def get(call: Call) -> Json:
    """The public half and the attributes of a version that is enabled."""
    version = call.keys.version(call.name, call.version)
    if not version["enabled"]:
        raise disabled("get")
    return _shown(call, version)


def versions(call: Call) -> Json:
    """All versions, without their keys, on one page."""
    found = [
        {"kid": _kid(call, version), "attributes": _attributes(version)}
        for version in call.keys.versions(call.name)
    ]
    return {"value": found, "nextLink": None}


def create(call: Call) -> Json:
    """A key or a new version of it."""
    if call.body.get("kty") not in {"RSA", "RSA-HSM"}:
        raise bad("kty has to be RSA in local Azure.")
    return _shown(call, call.keys.create(call.name, size=call.body.get("key_size") or 2048))


def rotate(call: Call) -> Json:
    """A new version, as the rotation policy of a key makes one."""
    return _shown(call, call.keys.rotate(call.name))


def update(call: Call) -> Json:
    """Attributes of a version: enabled, nbf and exp."""
    attributes = call.body.get("attributes", {})
    return _shown(call, call.keys.change(call.name, call.version, attributes))


def delete(call: Call) -> Json:
    """A soft delete."""
    return _removed(call, call.keys.delete(call.name))


def deleted(call: Call) -> Json:
    """A key that was deleted."""
    return _removed(call, call.keys.deleted(call.name))


def recover(call: Call) -> Json:
    """A deleted key is there again."""
    return _shown(call, call.keys.recover(call.name))


def wrap(call: Call) -> Json:
    """A value under the public half of a version."""
    return _operate(call, material.wrap)


def unwrap(call: Call) -> Json:
    """What a version wrapped."""
    return _operate(call, material.unwrap)


def _operate(call: Call, operation: Callable[[Version, bytes], bytes]) -> Json:
    if call.body.get("alg") != ALGORITHM:
        raise bad(f"alg has to be {ALGORITHM} in local Azure.")
    version = call.keys.version(call.name, call.version)
    result = operation(version, _decoded(call.body.get("value", "")))
    return {"kid": _kid(call, version), "value": encoded(result)}


def encoded(data: bytes) -> str:
    """Base64 for URLs, without padding, as Key Vault writes bytes."""
    return urlsafe_b64encode(data).rstrip(b"=").decode()


def _decoded(text: str) -> bytes:
    return urlsafe_b64decode(text + "=" * (-len(text) % 4))


def _number(value: int) -> str:
    return encoded(value.to_bytes((value.bit_length() + 7) // 8, "big"))


def _kid(call: Call, version: Version) -> str:
    return f"{call.url}/keys/{call.name}/{version['id']}"


def _shown(call: Call, version: Version) -> Json:
    public = material.private_key(version).public_key().public_numbers()
    return {
        "key": {
            "kid": _kid(call, version),
            "kty": "RSA",
            "key_ops": ["encrypt", "decrypt", "sign", "verify", "wrapKey", "unwrapKey"],
            "n": _number(public.n),
            "e": _number(public.e),
        },
        "attributes": _attributes(version),
    }


def _removed(call: Call, version: Version) -> Json:
    return {**_shown(call, version), "recoveryId": f"{call.url}/deletedkeys/{call.name}"}


def _attributes(version: Version) -> Json:
    times = {name: version[name] for name in ("exp", "nbf") if version.get(name) is not None}
    return {
        "enabled": version["enabled"],
        "created": version["created"],
        "updated": version["updated"],
        "recoveryLevel": "Recoverable",
        "recoverableDays": 90,
        **times,
    }
