"""Principals: who asks, and what they may do in each container."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from enum import IntEnum
from typing import Final

from ingenious_storage.config import ROLES, Grant, Role

MAX_NAME: Final = 128
"""Characters of a name, at most."""


class Access(IntEnum):
    """What may be done in a container; a higher one includes those below."""

    READER = 1
    """Look at everything."""
    EDITOR = 2
    """Change it: each change is a revision, and can be undone."""
    ADMIN = 3
    """Erase, which cannot be undone."""


def grants_of(grants: Iterable[Grant]) -> dict[Role, Access]:
    """The highest access to each container of all that was granted."""
    found: dict[Role, Access] = {}
    for grant in grants:
        for container in grant.containers:
            access = Access[grant.role.upper()]
            found[container] = max(access, found.get(container, access))
    return found


@dataclass(frozen=True, slots=True)
class Principal:
    """Somebody who was recognised."""

    name: str
    """The author of what they change: an address, "key:NAME", or "anonymous"."""
    grants: Mapping[Role, Access] = field(default_factory=dict)
    """The highest access to each container; a container that is not there is closed."""
    expires: float | None = None
    """When what they showed expires, in seconds since 1970; None: not by itself."""
    api_key: str | None = None
    """The beginning of the digest of the API key that they showed, None for a token."""

    def may(self, access: Access, container: Role) -> bool:
        """Whether they have `access` to a container."""
        return self.grants.get(container, 0) >= access


def safe_name(claimed: str) -> str:
    """A name that a token claims, as an author: one short line, and none of an API key."""
    shown = "".join(each if each.isprintable() else "\N{REPLACEMENT CHARACTER}" for each in claimed)
    name = shown.strip()[:MAX_NAME]
    is_taken = name.lower().startswith("key:") or name.lower() == ANONYMOUS.name
    return f"user:{name}" if is_taken else name


ANONYMOUS: Final = Principal("anonymous", dict.fromkeys(ROLES, Access.ADMIN))
"""Who asks where no authentication is set up; the server then listens to loopback only."""
