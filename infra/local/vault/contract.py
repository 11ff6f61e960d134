"""The REST contract: what the vault answers to one request. No sockets here."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from local import arm
from local.vault import operations
from local.vault.errors import VaultError
from local.vault.keys import Keys
from local.vault.operations import Call, Json

RIGHTS = frozenset({"get", "list", "create", "update", "delete", "wrapKey", "unwrapKey", "rotate"})
_CHALLENGE = (
    f'Bearer authorization="https://login.microsoftonline.com/{arm.TENANT}", '
    'resource="https://vault.azure.net"'
)


@dataclass(frozen=True, slots=True)
class Answer:
    """Status, JSON body and further headers."""

    status: int
    body: Any = None
    headers: Mapping[str, str] = field(default_factory=dict)

    def data(self) -> bytes:
        """The body as it travels; text is sent as it is."""
        if isinstance(self.body, str):
            return self.body.encode()
        return b"" if self.body is None else json.dumps(self.body).encode()


class Contract:
    """The vault at `url`.

    `rights` are those of everyone who has a token, in the names of Key Vault's access policies;
    `challenge` is what a request without a token is answered with.
    """

    def __init__(self, keys: Keys, url: str = "", *, challenge: str = _CHALLENGE) -> None:
        self.keys, self.url, self.challenge = keys, url, challenge
        self.rights = set(RIGHTS)

    def answer(self, method: str, path: str, token: str | None, body: bytes) -> Answer:
        """The answer to one request; `path` has no query, `token` is that of `Authorization`."""
        if not token:
            challenge = {"WWW-Authenticate": self.challenge}
            return Answer(401, VaultError(401, "Unauthorized", "Sign in.").body(), challenge)
        try:
            return Answer(200, self._served(method, path, body))
        except VaultError as error:
            return Answer(error.status, error.body())

    def _served(self, method: str, path: str, body: bytes) -> Json:
        for wanted, pattern, right, operation in _ROUTES:
            match = re.fullmatch(pattern, path)
            if match and wanted == method:
                self._check(right)
                names = match.groupdict(default="")
                given = json.loads(body) if body else {}
                call = Call(self.keys, self.url, names["key"], names.get("version", ""), given)
                return operation(call)
        raise VaultError(404, "NotFound", f"{method} {path} is not in this vault's contract.")

    def _check(self, right: str) -> None:
        if right not in self.rights:
            message = f"Caller is not authorized to perform {right} on any resource."
            raise VaultError(403, "Forbidden", message, inner="ForbiddenByRbac")


_KEY = r"/keys/(?P<key>[A-Za-z0-9-]{1,127})"
_VERSION = r"/(?P<version>[0-9a-f]{32})?"
_GONE = r"/deletedkeys/(?P<key>[A-Za-z0-9-]{1,127})"
_ROUTES: tuple[tuple[str, str, str, Callable[[Call], Json]], ...] = (
    ("GET", f"{_KEY}/versions", "list", operations.versions),
    ("GET", f"{_KEY}(?:{_VERSION})?", "get", operations.get),
    ("POST", f"{_KEY}/create", "create", operations.create),
    ("POST", f"{_KEY}/rotate", "rotate", operations.rotate),
    ("POST", f"{_KEY}{_VERSION}/wrapkey", "wrapKey", operations.wrap),
    ("POST", f"{_KEY}{_VERSION}/unwrapkey", "unwrapKey", operations.unwrap),
    ("PATCH", f"{_KEY}{_VERSION}", "update", operations.update),
    ("DELETE", _KEY, "delete", operations.delete),
    ("GET", _GONE, "get", operations.deleted),
    ("POST", f"{_GONE}/recover", "delete", operations.recover),
)
