"""Place: where the index of a storage lies on this disk, and what tells it from another's."""

from __future__ import annotations

import hashlib
import os
import secrets
import sys
import tempfile
from pathlib import Path
from typing import Final

import orjson

from ingenious_storage.config import ROLES, Role
from ingenious_storage.wiring import Containers

_FOLDER: Final = "ingenious-storage"


def identity_of(containers: Containers) -> str:
    """What two storages share only when they are the same containers of one store; in hex."""
    where = [_where(containers, role) for role in ROLES]
    return hashlib.sha256(orjson.dumps([containers.settings.storage.type, *where])).hexdigest()


def _where(containers: Containers, role: Role) -> str:
    settings, backend = containers.settings.storage, containers.files(role).backend
    place = backend.place or str(backend.folder or settings.store.place())
    return f"{place} {settings.container(role)}"


def path_of(containers: Containers) -> Path:
    """The file of the index: that of the configuration, else one for each storage."""
    given = containers.settings.storage.catalogue.path
    if given is not None:
        return given
    if is_passing(containers):
        return Path(tempfile.gettempdir(), f"{_FOLDER}-{secrets.token_hex(16)}.db")
    return caches() / _FOLDER / f"catalogue-{identity_of(containers)[:32]}.db"


def is_passing(containers: Containers) -> bool:
    """Whether the index goes with the process, as its documents do."""
    given = containers.settings.storage.catalogue.path
    return given is None and not containers.data.backend.durable


def caches() -> Path:
    """The user's folder of caches, by the custom of this system."""
    if sys.platform == "win32":
        return Path(os.environ.get("LOCALAPPDATA") or Path.home() / "AppData" / "Local")
    if sys.platform == "darwin":
        return Path.home() / "Library" / "Caches"
    given = os.environ.get("XDG_CACHE_HOME", "")
    return Path(given) if os.path.isabs(given) else Path.home() / ".cache"  # noqa: PTH117
