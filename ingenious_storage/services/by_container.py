"""One act on a container, or on both: where one of them refuses, the other is done all the same.

In production no identity may write both.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from copy import copy
from dataclasses import dataclass
from typing import Final, Generic, TypeVar

from ingenious_storage.config import ROLES, Role
from ingenious_storage.errors import (
    AuthenticationError,
    ConfigurationError,
    PermissionDeniedError,
    StorageError,
)

T = TypeVar("T")

# A SAS for one container does not fit the signature of another: that is no missing right.
_REFUSALS: Final = (AuthenticationError, PermissionDeniedError)


@dataclass(frozen=True, slots=True)
class Attempted(Generic[T]):
    """What became of an act, by container."""

    done: Mapping[Role, T]
    refused: Mapping[Role, StorageError]
    """PermissionDeniedError, or AuthenticationError; never of all that were asked for."""


def chosen(role: Role | None) -> tuple[Role, ...]:
    """The containers that are meant; None for both. Raises: ConfigurationError."""
    if role is None:
        return ROLES
    if role not in ROLES:
        raise ConfigurationError(
            f"there is no container {role!r}", hint="Name data or revisions; None is both."
        )
    return (role,)


def attempted(act: Callable[[Role], T], role: Role | None) -> Attempted[T]:
    """Act on each container that is meant.

    Raises: the first refusal when none of them let it; any other error at once.
    """
    done, refused = dict[Role, T](), dict[Role, StorageError]()
    for each in chosen(role):
        try:
            done[each] = act(each)
        except _REFUSALS as error:
            refused[each] = error
    if not done:
        raise next(iter(refused.values()))
    return Attempted(done, refused)


def by_container(act: Callable[[Role], T], role: Role | None) -> dict[Role, T]:
    """The same for who wants all or an error.

    Raises: also the refusal of one container after the other was done; its message names both.
    """
    found = attempted(act, role)
    for each, error in found.refused.items():
        told = copy(error)
        told.message = f"done for {', '.join(found.done)}, refused for {each}: {error.message}"
        raise told from error
    return dict(found.done)
