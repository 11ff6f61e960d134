"""Turns what the engine says of a failure into one error, without its noise."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Final

from pulumi.automation import errors

from ingenious_ops.infra.failures import InfraError, StackBusyError, StackNotFoundError

_NOISE: Final = re.compile(
    r"(update|preview|refresh|destroy|resource registration|operation) (failed|canceled)\.?"
)
_WRAPPERS: Final = re.compile(
    r"^(error: |an unhandled error occurred: |python inline source runtime error: )+"
)
_TRACE: Final = re.compile(r"\n?Traceback \(most recent call last\):.*", re.DOTALL)
_MAX_CHARS: Final = 1_000
_MAX_MESSAGES: Final = 5

_HINTS: Final = (
    (r"passphrase must be set", "Set PULUMI_CONFIG_PASSPHRASE or PULUMI_CONFIG_PASSPHRASE_FILE."),
    (r"incorrect passphrase", "PULUMI_CONFIG_PASSPHRASE is not the one of this stack."),
    (
        r"PULUMI_ACCESS_TOKEN|not logged in",
        "Set PULUMI_BACKEND_URL: azblob://CONTAINER?storage_account=NAME, or file://FOLDER.",
    ),
    (r"unable to open bucket|problem logging in", "Check PULUMI_BACKEND_URL."),
    (
        r"organization name must be 'organization'",
        "In a state of files or blobs ORGANIZATION is the word organization.",
    ),
    (r"protected", "`pulumi state unprotect URN` takes the protection away, if it has to go."),
    (r"plugin", "Run `pulumi plugin install` in the program's folder; see `pulumi about`."),
    (
        r"AzureCLI|az login|DefaultAzureCredential|ARM_",
        "Sign in with `az login`, or set the ARM_* variables of a service principal.",
    ),
)


def diagnose(error: errors.CommandError, said: Iterable[tuple[str, str]]) -> InfraError:
    """The error for a command of Pulumi that failed.

    `said` are the errors that its engine sent: the name of a resource, or "", and the text.
    """
    if isinstance(error, errors.StackNotFoundError):
        return StackNotFoundError(next(iter(_before_the_engine(error)), "there is no such stack"))
    if isinstance(error, errors.ConcurrentUpdateError):
        return StackBusyError("another update of this stack is under way")
    heard = [f"{name}: {line}" if name else line for name, text in said if (line := _clean(text))]
    messages = list(dict.fromkeys(heard or _before_the_engine(error)))
    text = "; ".join(messages[:_MAX_MESSAGES]) or "Pulumi failed and does not say why"
    if len(messages) > _MAX_MESSAGES:
        text += f"; and {len(messages) - _MAX_MESSAGES} more"
    hint = next((hint for pattern, hint in _HINTS if re.search(pattern, text)), None)
    return InfraError(text[:_MAX_CHARS], hint=hint)


def _before_the_engine(error: errors.CommandError) -> list[str]:
    """The errors that Pulumi wrote itself; the SDK keeps them in the exception's text only."""
    stderr = str(error).partition("\n stderr: ")[2]
    parts = re.split(r"(?m)^(?=error: )", stderr)
    return [line for part in parts if part.startswith("error: ") and (line := _clean(part))]


def _clean(text: str) -> str:
    """One line; empty for what says no more than that something failed."""
    line = " ".join(_TRACE.sub("", _WRAPPERS.sub("", text.strip())).split())
    return "" if _NOISE.fullmatch(line) else line
