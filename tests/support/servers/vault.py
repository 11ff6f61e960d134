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

__all__ = ["CUT", "TOKEN", "Answer", "Vault", "key_vault", "run_tokens"]


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


@contextmanager
def key_vault(folder: Path) -> Iterator[Vault]:
    """A vault with the key `client-key`; whoever has a token may do all."""
    with run_vault(folder) as server:
        vault = Vault(server, str(folder / "ca.pem"))
        if not vault.keys.versions(vault.name):
            vault.keys.create(vault.name)
        yield vault
