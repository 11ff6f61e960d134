"""Forgetting: what a process remembers of a container goes, once its keys are destroyed."""

from __future__ import annotations

from typing import Protocol, cast

from ingenious_storage.config import Role
from ingenious_storage.wiring import Containers


class _Cache(Protocol):
    def forget_all(self) -> None: ...


def forget(containers: Containers, role: Role) -> None:
    """The keys, and all that they have opened; no I/O."""
    keys = containers.keys
    keys.rings[role].forget()
    if containers.settings.storage.cache.max_bytes:
        cast("_Cache", containers.files(role).backend).forget_all()
    if role in keys.owns:
        containers.documents(role, owns=keys.owns[role]).reader.forget()
