"""Context of one examination: what it knows, and what it has open."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import asdict, dataclass, field
from functools import cached_property
from shlex import quote
from typing import TYPE_CHECKING

from ingenious_ops.configuration import Configuration
from ingenious_ops.doctor.probes import Probe, Probes
from ingenious_storage.backends.registry import Store, find_store
from ingenious_storage.config import Role
from ingenious_storage.errors import StorageError
from ingenious_storage.wiring import build_backend

if TYPE_CHECKING:
    from datetime import timedelta

    from ingenious_ops.doctor.claims import Claims
    from ingenious_storage.backends.account import AccountHandle, Knock, Route
    from ingenious_storage.backends.base import Backend
    from ingenious_storage.config import Settings, StorageSettings


@dataclass
class Context:
    """Passed from check to check; each leaves what later ones need.

    `request_timeout`, in seconds, bounds every connection and every read of a socket.
    """

    configuration: Configuration
    request_timeout: float
    probes: Probes = field(default_factory=Probes)
    settings: Settings | None = None
    route: Route | None = None
    knock: Knock | None = None
    skew: timedelta | None = None
    claims: Claims | None = None
    is_versioned: bool | None = None
    written: dict[Role, Probe] = field(default_factory=dict)
    undeletable: dict[Role, StorageError] = field(default_factory=dict)
    _backends: dict[Role, Backend] = field(default_factory=dict)

    @cached_property
    def storage(self) -> StorageSettings:
        """The settings, in less of a hurry to wait."""
        assert self.settings is not None
        storage = self.settings.storage
        return storage.model_copy(update={"timeout": min(storage.timeout, self.request_timeout)})

    @cached_property
    def store(self) -> Store:
        """The kind of store."""
        return find_store(self.storage.type)

    @cached_property
    def handle(self) -> AccountHandle:
        """The account, opened by the first use."""
        assert self.store.open_account is not None
        return self.store.open_account(self.storage)

    def container(self, role: Role) -> str:
        """The name of the container of a role."""
        storage = self.storage
        return storage.container_data if role == "data" else storage.container_revisions

    def backend(self, role: Role) -> Backend:
        """The bare store: what is seen is what one request met."""
        if role not in self._backends:
            self._backends[role] = build_backend(self.storage, self.container(role))
        return self._backends[role]

    def command(self, text: str) -> str:
        """A command of this program, for the same profile and files."""
        given = asdict(self.configuration).items()
        options = [f" --{name} {quote(value)}" for name, value in given if value]
        return f"ingenious-storage {text}{''.join(options)}"

    def close(self) -> None:
        """Close what was opened; an error of it says nothing any more."""
        with suppress(StorageError):
            for backend in self._backends.values():
                backend.close()
            if "handle" in self.__dict__:
                self.handle.close()
