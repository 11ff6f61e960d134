"""A key vault on loopback: the double of local Azure, for the library's tests."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

_INFRA = Path(__file__).resolve().parents[3] / "infra"
if str(_INFRA) not in sys.path:  # where the package `local` is
    sys.path.append(str(_INFRA))

from local.vault.contract import Answer  # noqa: E402
from local.vault.keys import Keys  # noqa: E402
from local.vault.server import CUT, VaultServer, run_vault  # noqa: E402
from local.vault.tokens import TOKEN, run_tokens  # noqa: E402

__all__ = [
    "CUT",
    "TOKEN",
    "Answer",
    "LocalVault",
    "Vault",
    "key_vault",
    "run_local_vault",
    "run_tokens",
]


_SIZE = 1024
"""Bits: too few for a vault of Azure, and made in a tenth of the time."""


@dataclass(frozen=True, slots=True)
class Vault:
    """A running vault with one key."""

    server: VaultServer
    ca_file: str
    name: str = "client-key"

    @property
    def key_id(self) -> str:
        """As `storage.encryption.key_vault_key_id` has it."""
        return f"{self.server.contract.url}/keys/{self.name}"

    @property
    def keys(self) -> Keys:
        """What is behind the service."""
        return self.server.contract.keys

    @property
    def rights(self) -> set[str]:
        """What whoever signs in may do; to be changed by a test."""
        return self.server.contract.rights

    def seen(self) -> list[str]:
        """The requests since this was called last, without the ids of versions."""
        found = [
            f"{method} {path.partition('/keys/')[2].partition('/')[0]}" + _operation(path)
            for method, path in self.server.requests
        ]
        self.server.requests.clear()
        return found


def _operation(path: str) -> str:
    last = path.rpartition("/")[2]
    return f" {last}" if last in {"wrapkey", "unwrapkey", "versions"} else ""


@dataclass(frozen=True, slots=True)
class LocalVault:
    """The key vault of a local Azure, and the variables that an application signs in to it with."""

    server: VaultServer
    folder: Path
    sign_in: dict[str, str]

    @property
    def keys(self) -> Keys:
        """What is behind the service."""
        return self.server.contract.keys

    @property
    def environment(self) -> dict[str, str]:
        """What makes the provider of local Azure keep its keys here."""
        return {
            "LOCAL_AZURE_VAULT": self.server.contract.url,
            "LOCAL_AZURE_VAULT_KEYS": str(self.folder / "keys.json"),
        }


@contextmanager
def run_local_vault(folder: Path) -> Iterator[LocalVault]:
    """A vault without keys, and the managed identity that its applications have."""
    with run_vault(folder) as server, run_tokens() as variables:
        sign_in = {
            **variables,
            "INGENIOUS_STORAGE__ENCRYPTION__KEY_VAULT_CREDENTIAL": "managed_identity",
            "INGENIOUS_STORAGE__HTTP__CA_FILE": str(folder / "ca.pem"),
        }
        yield LocalVault(server, folder, sign_in)


@contextmanager
def key_vault(folder: Path) -> Iterator[Vault]:
    """A vault with the key `client-key`; whoever has a token may do all."""
    with run_vault(folder) as server:
        vault = Vault(server, str(folder / "ca.pem"))
        if not vault.keys.versions(vault.name):
            vault.keys.create(vault.name, size=_SIZE)
        yield vault
