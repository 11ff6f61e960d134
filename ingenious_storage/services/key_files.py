"""Key files: made where there is none, and given another version."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from ingenious_storage.config import ROLES, Role
from ingenious_storage.errors import AuthenticationError, KeyRefusedError, PermissionDeniedError
from ingenious_storage.key_providers.base import VaultKey


def make_key_file(path: Path, has_keys: Callable[[Role], bool]) -> bool:
    """Make the file if it is missing; whether this call made it.

    Raises: KeyRefusedError when a container has keys, which another file would not open, and when
    this identity may not see whether one has.
    """
    if path.exists():
        return False
    if any(_has_keys(role, has_keys, path) for role in ROLES):
        raise KeyRefusedError(
            f"there is no key file {path}, and the containers have keys already: a new one would "
            "not open them",
            hint="Name the file that wrapped them, or bring it back from its backup: "
            "`ingenious-storage explain security`.",
        )
    # Imported only here: so is `cryptography`.
    from ingenious_storage.key_providers.key_file import KeyFile  # noqa: PLC0415

    KeyFile.create(path)
    return True


def add_version(path: Path) -> VaultKey:
    """A version that wraps from now on. Raises: KeyRefusedError."""
    from ingenious_storage.key_providers.key_file import KeyFile  # noqa: PLC0415

    return KeyFile(path).rotate()


def _has_keys(role: Role, has_keys: Callable[[Role], bool], path: Path) -> bool:
    try:
        return has_keys(role)
    except (AuthenticationError, PermissionDeniedError) as error:
        raise KeyRefusedError(
            f"there is no key file {path}, and this identity may not see whether the container of "
            f"the {role} has keys already",
            hint="Bring the file from where `keys init` made it, by an identity that may read both "
            "containers.",
        ) from error
