"""Diagnosis of a failure: one error out of what the engine says, without its noise."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import TYPE_CHECKING, Final

from pulumi.automation import errors

from ingenious_ops.infra.errors import InfraError, StackBusyError, StackNotFoundError

if TYPE_CHECKING:
    from ingenious_ops.infra.changes import Recorder

_NOISE: Final = re.compile(
    r"(update|preview|refresh|destroy|resource registration|operation) (failed|canceled)\.?"
)
_WRAPPERS: Final = re.compile(
    r"^(error: |an unhandled error occurred: |python inline source runtime error: )+"
)
_TRACE: Final = re.compile(r"\n?Traceback \(most recent call last\):.*", re.DOTALL)
_DOWNLOAD: Final = re.compile(r"error downloading[^:]*: (.+)")
_MAX_CHARS: Final = 1_000
_MAX_MESSAGES: Final = 5

_GET_PLUGIN: Final = (
    "Pulumi gets providers from get.pulumi.com: check the network and HTTPS_PROXY. Where it is out "
    "of reach: pulumi plugin install resource NAME VERSION --file FILE."
)
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
    (r"plugin", _GET_PLUGIN),
    (
        r"AzureCLI|az login|DefaultAzureCredential|ARM_",
        "Sign in with `az login`, or set the ARM_* variables of a service principal.",
    ),
)


def diagnose(error: errors.CommandError, heard: Recorder) -> InfraError:
    """The error for a command of Pulumi that failed, of whose engine `heard` took the events."""
    if isinstance(error, errors.StackNotFoundError):
        return StackNotFoundError(next(iter(_before_the_engine(error)), "there is no such stack"))
    if isinstance(error, errors.ConcurrentUpdateError):
        return StackBusyError("another update of this stack is under way")
    messages = engine_messages(heard) or list(dict.fromkeys(_before_the_engine(error)))
    return said(messages or ["Pulumi failed and does not say why"])


def engine_messages(heard: Recorder, *, beside: str | None = None) -> list[str]:
    """What the engine says went wrong, without what only repeats the program's message `beside`."""
    lines = [
        f"{name}: {line}" if name else line
        for name, text in heard.errors
        if (line := _clean(text)) and (beside is None or not _repeats(text, beside))
    ]
    causes = [match[1] for text in heard.warnings if (match := _DOWNLOAD.match(text))]
    return list(dict.fromkeys([*lines, *causes[-1:]] if lines else []))


def said(messages: Sequence[str]) -> InfraError:
    """The error of these messages, with the hint that fits."""
    text = "; ".join(messages[:_MAX_MESSAGES])
    if len(messages) > _MAX_MESSAGES:
        text += f"; and {len(messages) - _MAX_MESSAGES} more"
    return InfraError(text[:_MAX_CHARS], hint=hint_for(text))


def hint_for(text: str) -> str | None:
    """What to do about a message, where that is known."""
    return next((hint for pattern, hint in _HINTS if re.search(pattern, text)), None)


def _repeats(text: str, message: str) -> bool:
    return message in " ".join(text.split())


def _before_the_engine(error: errors.CommandError) -> list[str]:
    """The errors that Pulumi wrote itself; the SDK keeps them in the exception's text only."""
    stderr = str(error).partition("\n stderr: ")[2]
    parts = re.split(r"(?m)^(?=error: )", stderr)
    return [line for part in parts if part.startswith("error: ") and (line := _clean(part))]


def _clean(text: str) -> str:
    """One line; empty for what says no more than that something failed."""
    line = " ".join(_TRACE.sub("", _WRAPPERS.sub("", text.strip())).split())
    return "" if _NOISE.fullmatch(line) else line
