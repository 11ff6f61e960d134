"""Account handle: what a store with an HTTP API tells of itself to who examines a set-up.

An application needs its containers only. `doctor` asks the way to the service, who answers there,
and who this process says it is.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import TYPE_CHECKING, ClassVar

from ingenious_storage.http.client import Route
from ingenious_storage.runtime.unpickled import Unpickled, Value

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["About", "AccountHandle", "Identity", "Knock", "Route"]


@dataclass(frozen=True, slots=True)
class Knock:
    """What answered an unsigned request. Names of `headers` are in lower case."""

    status: int
    headers: Mapping[str, str]
    asked_at: datetime
    """By this machine's clock, half-way between request and answer."""

    @property
    def date(self) -> datetime | None:
        """The clock of what answered, to the second."""
        try:
            return parsedate_to_datetime(self.headers["date"]).astimezone(UTC)
        except (KeyError, ValueError):
            return None


@dataclass(frozen=True, slots=True)
class Identity(Value):
    """Who requests are signed as, without secrets."""

    source: str
    """Where the credential is from: "storage.s3.access_key_id", "the profile dev of botocore"."""
    details: tuple[str, ...] = ()
    expires_at: datetime | None = None
    """When what signs now has to be replaced; None for what does not expire."""
    token: str = field(default="", repr=False)
    """The bearer token, for who can read something in it."""


@dataclass(frozen=True, slots=True)
class About:
    """What an account or a bucket is."""

    summary: str
    """One line: kind, place, class."""
    can_keep_versions: bool = True


class AccountHandle(Unpickled, ABC):
    """The account, or the endpoint, of one store. Making one does no I/O.

    Methods raise as a backend's do.
    """

    service: ClassVar[str]
    """Its name for people: "Azure Blob Storage"."""
    endpoint_key: ClassVar[str]
    """The setting that says where: "storage.endpoint"."""

    @property
    @abstractmethod
    def url(self) -> str:
        """Where requests go: scheme, host and port at least."""

    @property
    @abstractmethod
    def is_clouds_own(self) -> bool:
        """Whether that is the cloud itself, not an emulator or a server that is compatible."""

    @abstractmethod
    def route(self) -> Route:
        """Raises: ConfigurationError when a proxy or a CA file that is named cannot be used."""

    @abstractmethod
    def knock(self) -> Knock:
        """One unsigned request that changes nothing, which the service answers in its own way."""

    @abstractmethod
    def identity(self) -> Identity:
        """Who signs. Raises: AuthenticationError, ConfigurationError."""

    @abstractmethod
    def about(self, container: str) -> About:
        """What it is, as far as this credential may ask."""

    @abstractmethod
    def is_versioned(self, container: str, key: str) -> bool:
        """Whether old versions are kept, by the settings or by the blob `key`, just written."""

    @abstractmethod
    def soft_delete_days(self, container: str) -> int | None:
        """How long what is deleted can be brought back; None when it cannot."""

    @abstractmethod
    def close(self) -> None:
        """Give back what it holds; more than once is fine."""
