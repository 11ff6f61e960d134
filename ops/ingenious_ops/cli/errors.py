"""Errors as people and programs get them: one line and a hint, or JSON, and an exit code."""

from __future__ import annotations

import os
import sys
import traceback
from collections.abc import Iterable, Sequence
from itertools import takewhile
from typing import Any, Final

import click

from ingenious_ops.cli.output import Output, command_name, paint, printable
from ingenious_storage.errors import (
    AlreadyExistsError,
    CommitUnknownError,
    ConflictError,
    ContainerNotFoundError,
    InvalidKeyError,
    NotFoundError,
    StorageError,
)

FAILED: Final = 1
USAGE: Final = 2
NOT_FOUND: Final = 3
CONFLICT: Final = 4
WARNINGS: Final = 5
INTERRUPTED: Final = 130
BROKEN_PIPE: Final = 141

_CODES: Final[dict[type[Exception], int]] = {
    InvalidKeyError: USAGE,
    NotFoundError: NOT_FOUND,
    ContainerNotFoundError: NOT_FOUND,
    ConflictError: CONFLICT,
    AlreadyExistsError: CONFLICT,
    CommitUnknownError: CONFLICT,
}

_HINTS: Final = {
    "memory_not_found": "`memory ls` lists what is there; `memory restore` undoes a delete.",
    "prompt_not_found": "`prompts sets`, `prompts ls` and `prompts label ls` list what is there.",
    "revision_not_found": "`history` lists the revisions that there are.",
    "conflict": "Somebody else wrote in between: look at it again, then repeat.",
    "already_exists": "Choose another name, or change what is there.",
}


class NotConfirmed(click.ClickException):
    """Somebody was asked, and did not say yes. Nothing was changed."""

    exit_code = FAILED

    def __init__(self) -> None:
        super().__init__("not confirmed, nothing was changed")


def exit_code(error: BaseException) -> int:
    """The code that docs/cli.md promises for an error."""
    # Python 3.11 makes a RuntimeError of a Ctrl-C that comes while a class is made.
    if isinstance(error, click.Abort) or KeyboardInterrupt in {type(error), type(error.__cause__)}:
        return INTERRUPTED
    if isinstance(error, click.ClickException):
        return error.exit_code
    return next((code for kind, code in _CODES.items() if isinstance(error, kind)), FAILED)


def common_code(errors: Iterable[BaseException]) -> int:
    """The code of several errors: their own when they agree, else FAILED; 0 for none."""
    codes = {exit_code(error) for error in errors}
    return 0 if not codes else codes.pop() if len(codes) == 1 else FAILED


def report(error: BaseException, out: Output, arguments: Sequence[str]) -> int:
    """Show what ended the run, whatever it was; the exit code."""
    flags = set(takewhile(lambda argument: argument != "--", arguments))
    code = exit_code(error)
    if code == INTERRUPTED:
        return code
    if out.debug or "--debug" in flags:
        shown = traceback.TracebackException.from_exception(error)
        if isinstance(error, StorageError):
            shown.__notes__ = []  # code and hint follow
        click.echo(_redacted("".join(shown.format())), err=True, nl=False)
    ctx = error.ctx if isinstance(error, click.UsageError) else None
    if ctx is not None:
        out.command = command_name(ctx)
    if type(error).__name__ == "NoArgsIsHelpError" and ctx is not None:
        click.echo(ctx.get_help(), err=True)
    elif out.json or "--json" in flags:
        out.document("error", describe(error))
    else:
        show(error)
    return code


def describe(error: BaseException) -> dict[str, Any]:
    """An error as JSON."""
    if isinstance(error, StorageError):
        return {
            "code": error.code,
            "message": _message(error),
            "hint": _hint(error),
            "key": error.key,
            "retryable": error.retryable,
            "outcome_unknown": error.outcome_unknown,
        }
    code, message, hint = _foreign(error)
    record = {"code": code, "message": message, "hint": hint, "key": None}
    return {**record, "retryable": False, "outcome_unknown": False}


def show(error: BaseException) -> None:
    """An error as a line and its hint, on stderr."""
    record = describe(error)
    label = paint("error:", sys.stderr, fg="red", bold=True)
    click.echo(f"{label} {printable(record['message'])} [{record['code']}]", err=True)
    if record["hint"]:
        label = paint("hint:", sys.stderr, fg="cyan")
        click.echo(f"{label} {printable(record['hint'])}", err=True)


def show_all(errors: Iterable[BaseException]) -> None:
    """Show each error as `show` does."""
    for error in errors:
        show(error)


def abandon_output() -> None:
    """Nobody reads stdout any more: what is left for it goes nowhere, also at shutdown."""
    with open(os.devnull, "wb") as nowhere:  # noqa: PTH123  # a descriptor is all that it is for
        os.dup2(nowhere.fileno(), sys.stdout.fileno())


def _message(error: StorageError) -> str:
    # Who asked for what is not there, or was taken, knows its name.
    asked = isinstance(error, NotFoundError | ConflictError | AlreadyExistsError)
    if asked or error.key is None or error.key in error.message:
        return error.message
    return f"{error.key}: {error.message}"


def _hint(error: StorageError) -> str:
    """The library's default hints speak to programmers."""
    if error.hint != type(error).default_hint:
        return error.hint
    return _HINTS.get(error.code, error.hint)


def _foreign(error: BaseException) -> tuple[str, str, str]:
    """Code, message and hint of what is not an error of the library."""
    if isinstance(error, click.UsageError):
        name = error.ctx.command_path if error.ctx else "ingenious-storage"
        return "usage", error.format_message(), f"Try `{name} --help`.{_of_minus(error)}"
    if isinstance(error, NotConfirmed):
        return "not_confirmed", error.format_message(), ""
    if isinstance(error, click.ClickException):
        return "failed", error.format_message(), ""
    if isinstance(error, OSError):
        where = f"{error.filename}: " if error.filename else ""
        return "os_error", f"{where}{error.strerror or error}", "Check the path and its rights."
    hint = "This is a bug: please report it with what --debug shows."
    return "internal_error", _redacted(f"unexpected {type(error).__name__}: {error}"), hint


def _of_minus(error: click.UsageError) -> str:
    """An id that begins with a minus is taken for an option."""
    if not isinstance(error, click.NoSuchOption) or error.ctx is None:
        return ""
    takes = any(isinstance(each, click.Argument) for each in error.ctx.command.params)
    return " What begins with a minus, and is no option, goes behind `--`." if takes else ""


def _redacted(text: str) -> str:
    from ingenious_storage.config import redact  # noqa: PLC0415  # slow to import

    return redact(text)
