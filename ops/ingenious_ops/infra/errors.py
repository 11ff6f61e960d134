"""Errors around the infrastructure program, in the words of its user."""

from __future__ import annotations

from ingenious_storage.errors import ConflictError, NotFoundError, StorageError


class InfraError(StorageError):
    """The engine, or a file around the program, refused what was asked for."""

    code = "infra_failed"
    default_hint = "-v shows what the engine says on the way."


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


class StackNotFoundError(InfraError, NotFoundError):
    """The state has no stack of this name."""

    code = "stack_not_found"
    default_hint = "`pulumi stack ls` lists the stacks of this state; `infra up` makes one."


class StackBusyError(InfraError, ConflictError):
    """Another update of this stack runs, or died and left its lock."""

    code = "stack_busy"
    default_hint = (
        "Wait for the other update; `pulumi cancel` takes the lock away if it died meanwhile."
    )
