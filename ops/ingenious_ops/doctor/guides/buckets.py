"""Guide of stores whose containers are buckets, which all customers of a cloud name."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import TYPE_CHECKING, Final

from ingenious_ops.doctor.guides.base import Guide, clock_first
from ingenious_storage.errors import AuthenticationError, ContainerNotFoundError

if TYPE_CHECKING:
    from ingenious_ops.doctor.context import Context
    from ingenious_ops.doctor.model import Check
    from ingenious_storage.config import Role
    from ingenious_storage.errors import StorageError

_BY_DEFAULT: Final = frozenset({"ingenious-data", "ingenious-revisions"})
"""The names of containers where nobody gives others."""
_SOMEBODY_ELSES: Final = (
    "Names of buckets are shared by all customers, and one by the default name is mostly somebody "
    "else's: set storage.container_data and storage.container_revisions to names of your own."
)


class BucketGuide(Guide, ABC):
    """What holds for a bucket of any cloud."""

    account_needs = "data.container"

    def hint(self, context: Context, check: Check, error: StorageError) -> str | None:
        """The next step for an error, in the words of this set-up; None for the error's own."""
        if isinstance(error, ContainerNotFoundError):
            return (
                f"Check its name; create it with `{context.command('containers ensure')}`. Names "
                "of buckets are shared by all customers: somebody else may own this one."
            )
        if isinstance(error, AuthenticationError):
            return f"{clock_first(context)}{error.hint}"
        container, _, asked = check.name.partition(".")
        if not self.is_about_rights(error, asked):
            return None
        role: Role = "revisions" if container == "revisions" else "data"
        bucket = context.container(role)
        if context.handle.is_clouds_own and bucket in _BY_DEFAULT:
            return _SOMEBODY_ELSES
        return self.rights(bucket, role, asked)

    @abstractmethod
    def is_about_rights(self, error: StorageError, asked: str) -> bool:
        """Whether the identity lacks a right for what was asked: "read", "create"."""

    @abstractmethod
    def rights(self, bucket: str, role: Role, asked: str) -> str:
        """What gives the right to do what was asked in a bucket."""
