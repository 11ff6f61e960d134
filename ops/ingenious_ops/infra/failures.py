"""What can go wrong around the infrastructure program, in the words of its user."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

from ingenious_storage.errors import ConflictError, NotFoundError, StorageError

INSTALL: Final = "pip install 'ingenious-storage[infra]'"
_EXTRA: Final = frozenset({"grpc", "google", "pulumi", "semver"})


class InfraError(StorageError):
    """The engine, or a file around the program, refused what was asked for."""

    code = "infra_failed"
    default_hint = "-v shows what the engine says on the way."


class ExtraMissingError(InfraError):
    code = "extra_missing"
    default_hint = f"Run: {INSTALL}"


class PulumiMissingError(InfraError):
    """There is no Pulumi command line, or it is too old."""

    code = "pulumi_missing"
    default_hint = (
        "Install it: curl -fsSL https://get.pulumi.com | sh (macOS: brew install pulumi, "
        "Windows: winget install pulumi)."
    )


class ProgramError(InfraError):
    """The program itself stopped: a setting that it refuses, or a bug in it."""

    code = "program_failed"
    default_hint = "Correct the settings of the stack; --debug shows where it stopped."


class ProfileError(InfraError):
    """A profile cannot be written."""

    code = "profile_refused"
    default_hint = "Nothing was written."


class StackNotFoundError(InfraError, NotFoundError):
    code = "stack_not_found"
    default_hint = "`pulumi stack ls` lists the stacks of this state; `infra up` makes one."


class StackBusyError(InfraError, ConflictError):
    code = "stack_busy"
    default_hint = (
        "Wait for the other update; `pulumi cancel` takes the lock away if it died meanwhile."
    )


@contextmanager
def needs_extra() -> Iterator[None]:
    """Raise ExtraMissingError when what the block imports comes with the extra `infra`."""
    try:
        yield
    except ModuleNotFoundError as error:
        name = (error.name or "").partition(".")[0]
        if name not in _EXTRA:
            raise
        problem = f"this needs {name}, which is not installed"
    else:
        return
    raise ExtraMissingError(problem)
