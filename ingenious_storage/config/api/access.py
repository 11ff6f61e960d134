"""Access: who may do what, as the tables `api.keys` and `api.roles` say it."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Annotated, Any, Final, Literal

from pydantic import AfterValidator, BeforeValidator, Field, model_validator

from ingenious_storage.config.models import ROLES, Role
from ingenious_storage.config.section import Section, words
from ingenious_storage.config.tables import table
from ingenious_storage.errors import ConfigurationError

AccessRole = Literal["reader", "editor", "admin"]
"""What somebody may do in a container: look, change, erase; each includes those before it."""

_NAME: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,39}")  # shorter than any key
_DIGEST: Final = re.compile(r"[0-9a-f]{64}")


def _digest(value: str) -> str:
    if not _DIGEST.fullmatch(value.lower()):
        raise ConfigurationError(
            "not a SHA-256 digest in hexadecimal",
            hint="`ingenious-storage api-keys new NAME` prints a key and its digest.",
        )
    return value.lower()


def _in_utc(value: datetime) -> datetime:
    return value.replace(tzinfo=UTC) if value.tzinfo is None else value


def _not_empty(value: tuple[Role, ...]) -> tuple[Role, ...]:
    if not value:
        raise ConfigurationError("no container", hint="Name data, revisions, or leave it out.")
    return tuple(dict.fromkeys(value))


class Grant(Section):
    """A role in some containers. In a file `editor` alone is short for one in all of them."""

    role: AccessRole
    containers: Annotated[tuple[Role, ...], BeforeValidator(words), AfterValidator(_not_empty)] = (
        ROLES
    )

    @model_validator(mode="before")
    @classmethod
    def _from_text(cls, given: Any) -> Any:
        return {"role": given} if isinstance(given, str) else given

    def __str__(self) -> str:
        return f"{self.role} of {' and '.join(self.containers)}"


class ApiKey(Grant):
    """One API key: what it may do, and its digest. The key itself is nowhere."""

    sha256: Annotated[str, AfterValidator(_digest)] = Field(repr=False)
    expires: Annotated[datetime, AfterValidator(_in_utc)] | None = None
    """From when it is refused; a time without a zone is UTC."""

    def __str__(self) -> str:
        ends = "" if self.expires is None else f" until {self.expires.isoformat()}"
        return super().__str__() + ends


def _named(keys: Mapping[str, ApiKey]) -> Mapping[str, ApiKey]:
    if not all(map(_NAME.fullmatch, keys)):
        raise ConfigurationError(
            "a key has a name that cannot be an author",
            hint="Letters, digits, `.`, `_` and `-`, at most 40 of them.",
        )
    digests = [key.sha256 for key in keys.values()]
    if len({*digests}) != len(digests):
        raise ConfigurationError(
            "two names have the same key", hint="Make one for each with `api-keys new NAME`."
        )
    return keys


Grants = Annotated[Mapping[str, Grant], BeforeValidator(table)]
"""`api.roles`: what each value of a claim grants."""
ApiKeys = Annotated[Mapping[str, ApiKey], BeforeValidator(table), AfterValidator(_named)]
"""`api.keys`: the keys by their names."""
