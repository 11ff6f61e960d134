"""Options of commands whose work may be spread over processes or a cluster."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final, TypeVar

import click

from ingenious_ops.bulk.choice import NAMES, Choice
from ingenious_ops.bulk.work import Death
from ingenious_ops.cli.output import Output
from ingenious_storage.errors import ConfigurationError

F = TypeVar("F", bound=Callable[..., Any])

_OPTIONS: Final = (
    click.option(
        "--executor",
        type=click.Choice(NAMES),
        default="threads",
        show_default=True,
        help="Who does it: this process, others of this machine, or a cluster of Dask.",
    ),
    click.option(
        "--scheduler",
        metavar="ADDRESS",
        help="Of --executor dask: tls://HOST:8786, tcp://HOST:8786.",
    ),
    click.option(
        "--processes",
        type=click.IntRange(1, 256),
        metavar="N",
        help="Of --executor processes. [default: the cores that it may use]",
    ),
)


def executor_options(command: F) -> F:
    """What `chosen` takes."""
    for decorate in reversed(_OPTIONS):
        command = decorate(command)
    return command


def chosen(executor: Any, scheduler: str | None, processes: int | None) -> Choice:
    """Raises: UsageError for options that do not fit each other."""
    try:
        return Choice(executor, scheduler, processes)
    except ConfigurationError as error:
        raise click.UsageError(f"{error.message}. {error.hint}") from error


def say_death(out: Output, death: Death) -> None:
    """Tell of a worker that is gone, as it happens."""
    at = "" if death.range is None else f" at {death.range}, which another gets"
    out.warn(f"{death.worker}: {death.reason}{at}")
