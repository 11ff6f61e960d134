"""Arguments and options that several commands share."""

from __future__ import annotations

import re
import sys
from collections.abc import Callable
from datetime import timedelta
from typing import Any, Final, TypeVar

import click

from ingenious_ops.author import default_author
from ingenious_ops.cli.errors import NotConfirmed

F = TypeVar("F", bound=Callable[..., Any])
_UNITS: Final = {"s": "seconds", "m": "minutes", "h": "hours", "d": "days", "w": "weeks"}


def duration(value: str | timedelta) -> timedelta:
    """The type of options such as 90s, 45m, 12h, 30d, 2w."""
    if isinstance(value, timedelta):
        return value
    match = re.fullmatch(r"(\d{1,6})([smhdw])", value)
    if match is None:
        raise click.BadParameter(f"{value!r} is not a duration such as 90s, 45m, 12h, 30d or 2w")
    return timedelta(**{_UNITS[match[2]]: int(match[1])})


def author_option(command: F) -> F:
    """Give a command `--author`."""
    return click.option(
        "--author",
        metavar="NAME",
        envvar="INGENIOUS_AUTHOR",
        show_envvar=True,
        default=default_author,
        help="Who changes it; your login name by default.",
    )(command)


def note_options(command: F) -> F:
    """--author and --message."""
    message = click.option("-m", "--message", metavar="TEXT", help="Why it changes.")
    return author_option(message(command))


def tag_option(command: F) -> F:
    """Give a command `--tag`, as `tags`."""
    return click.option("--tag", "tags", multiple=True, metavar="TAG", help="May be repeated.")(
        command
    )


def limit_options(command: F) -> F:
    """-n and --all, as `limit` and `whole`."""
    limit = click.option(
        "-n", "--limit", type=click.IntRange(min=1), default=20, show_default=True, metavar="N"
    )
    return limit(click.option("--all", "whole", is_flag=True, help="The whole history.")(command))


def rule_options(command: F) -> F:
    """--keep and --older-than; with both a revision goes only when both allow it."""
    older_than = click.option(
        "--older-than",
        type=duration,
        metavar="DURATION",
        help="Drop what was superseded longer ago: 12h, 30d, 2w.",
    )
    keep = click.option(
        "--keep", type=click.IntRange(min=1), metavar="N", help="Revisions that must stay."
    )
    return keep(older_than(command))


def prune_options(command: F) -> F:
    """--keep, --older-than, --dry-run and --yes."""
    return rule_options(dry_run_option(yes_option(command)))


def dry_run_option(command: F) -> F:
    """Give a command `--dry-run`."""
    return click.option("--dry-run", is_flag=True, help="Only say what would go.")(command)


def yes_option(command: F) -> F:
    """Give a command `--yes`."""
    return click.option("-y", "--yes", is_flag=True, help="Do not ask.")(command)


def confirm(question: str, *, yes: bool) -> None:
    """Ask before something is destroyed. Raises: UsageError without a terminal; NotConfirmed."""
    if yes:
        return
    require_yes_without_terminal(yes=yes)
    if not click.confirm(question, err=True):
        raise NotConfirmed


def require_yes_without_terminal(*, yes: bool) -> None:
    """Raises: UsageError when nobody can be asked and `yes` is not given."""
    if not (yes or is_interactive()):
        raise click.UsageError("this destroys data, and nobody is there to ask: add --yes")


def is_interactive() -> bool:
    """Whether somebody sees a question and can answer it."""
    return sys.stdin.isatty() and sys.stderr.isatty()
