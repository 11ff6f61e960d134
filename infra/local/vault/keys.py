"""Keys of the vault: RSA keys with their versions, kept in one file that processes share."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any
from uuid import uuid4

from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import padding, rsa

from local.state import Records, StateFile
from local.vault.errors import bad, disabled, not_found

Version = dict[str, Any]  # "id", "pem", "enabled", "created", "updated", "exp", "nbf"
_CHANGEABLE = ("enabled", "exp", "nbf")


class Keys:
    """The keys in `state`. `clock` gives seconds since 1970. Thread-safe, and across processes."""

    def __init__(self, state: StateFile, *, clock: Callable[[], float] = time.time) -> None:
        self._state, self._clock = state, clock

    def create(self, name: str, *, size: int = 2048) -> Version:
        """A key, or a new version of the one that is there: what Key Vault calls create."""
        pem = _new_pem(size)
        with self._state.change() as records:
            record = records.setdefault(
                name, {"id": name, "token": "key", "properties": {"size": size, "versions": []}}
            )
            return self._add(record["properties"], pem)

    def rotate(self, name: str) -> Version:
        """A new version, of the same size."""
        size = self.newest(name)["size"]
        return self.create(name, size=size)

    def newest(self, name: str) -> Version:
        """Raises: VaultError if there is no such key."""
        return self.version(name, "")

    def version(self, name: str, version: str) -> Version:
        """One version, the newest for "". Raises: VaultError if it is not there."""
        return _find(self._state.read(), name, version)

    def versions(self, name: str) -> list[Version]:
        """All of them, oldest first; none for a key that is not there, as Key Vault answers."""
        record = self._state.read().get(name)
        return [] if record is None or _is_deleted(record) else _versions(record)

    def change(self, name: str, version: str, attributes: dict[str, Any]) -> Version:
        """Set `enabled`, `exp` or `nbf` of one version, the newest for ""."""
        with self._state.change() as records:
            found = _find(records, name, version)
            for field in _CHANGEABLE:
                if field in attributes:
                    found[field] = attributes[field]
            found["updated"] = int(self._clock())
            kept = records[name]["properties"]["versions"]
            kept[[each["id"] for each in kept].index(found["id"])] = found
            return found

    def delete(self, name: str) -> Version:
        """A soft delete: the key can be recovered until it is purged."""
        return self._mark(name, deleted=True)

    def recover(self, name: str) -> Version:
        """Bring a deleted key back."""
        return self._mark(name, deleted=False)

    def deleted(self, name: str) -> Version:
        """The newest version of a deleted key."""
        record = self._state.read().get(name)
        if record is None or not _is_deleted(record):
            raise not_found(name)
        return _versions(record)[-1]

    def forget(self, name: str) -> None:
        """Purge a key; one that is not there is fine."""
        with self._state.change() as records:
            records.pop(name, None)

    def _mark(self, name: str, *, deleted: bool) -> Version:
        with self._state.change() as records:
            record = records.get(name)
            if record is None or _is_deleted(record) == deleted:
                raise not_found(name)
            record["properties"]["deleted"] = deleted
            return _versions(record)[-1]

    def _add(self, properties: dict[str, Any], pem: str) -> Version:
        versions = properties["versions"]
        # Key Vault sorts by a time in seconds: two versions never share one here.
        created = max([int(self._clock()), *(each["created"] + 1 for each in versions)])
        version = {
            "id": uuid4().hex,
            "pem": pem,
            "size": properties["size"],
            "enabled": True,
            "created": created,
            "updated": created,
        }
        versions.append(version)
        return version


def wrap(version: Version, data: bytes) -> bytes:
    """`data` under the public key. Raises: VaultError if the version is disabled."""
    if not version["enabled"]:
        raise disabled("wrapKey")
    return private_key(version).public_key().encrypt(data, _oaep())


def unwrap(version: Version, data: bytes) -> bytes:
    """What was wrapped. Raises: VaultError if the version is disabled, or did not wrap `data`."""
    if not version["enabled"]:
        raise disabled("unwrapKey")
    with _refused():
        return private_key(version).decrypt(data, _oaep())


def private_key(version: Version) -> rsa.RSAPrivateKey:
    """The key of one version."""
    # Checking that the primes are some takes a tenth of a second, and this file is our own.
    key = serialization.load_pem_private_key(
        version["pem"].encode(), password=None, unsafe_skip_rsa_key_validation=True
    )
    assert isinstance(key, rsa.RSAPrivateKey)
    return key


@contextmanager
def _refused() -> Iterator[None]:
    try:
        yield
    except ValueError as error:
        raise bad("Request was invalid: the parameter is incorrect.") from error


def _oaep() -> padding.OAEP:
    return padding.OAEP(padding.MGF1(hashes.SHA256()), hashes.SHA256(), label=None)


def _new_pem(size: int) -> str:
    return (
        rsa.generate_private_key(public_exponent=65537, key_size=size)
        .private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
        .decode()
    )


def _find(records: Records, name: str, version: str) -> Version:
    record = records.get(name)
    if record is None or _is_deleted(record):
        raise not_found(name)
    versions = _versions(record)
    found = [each for each in versions if each["id"] == version] if version else versions[-1:]
    if not found:
        raise not_found(f"{name}/{version}")
    return found[0]


def _versions(record: dict[str, Any]) -> list[Version]:
    versions: list[Version] = record["properties"]["versions"]
    return versions


def _is_deleted(record: dict[str, Any]) -> bool:
    return bool(record["properties"].get("deleted"))
