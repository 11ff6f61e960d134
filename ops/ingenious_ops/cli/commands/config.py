"""`ingenious-storage config`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import click

from ingenious_ops.cli.groups import Command, Group
from ingenious_ops.cli.output import table
from ingenious_ops.cli.session import pass_session
from ingenious_storage.config import explain

if TYPE_CHECKING:
    from ingenious_ops.cli.session import Session

_COMMANDS: Final = {
    "show": ("config:show", "Print every value that is in force; secrets as ***."),
    "validate": ("config:validate", "Check the files and variables, without any request."),
}


@click.group(cls=Group, package="ingenious_ops.cli.commands", lazy=_COMMANDS)
def config() -> None:
    """What is configured, and where it was written."""


@click.command(cls=Command)
@click.option("--explain", "wants_origin", is_flag=True, help="And where each was written.")
@pass_session
def show(session: Session, *, wants_origin: bool) -> None:
    """Print every value that is in force; secrets as ***."""
    settings = session.settings
    lines = explain(settings)
    rows = [(line.key, line.value, line.origin) for line in lines]
    headers = ("key", "value", "origin")
    columns = 3 if wants_origin else 2
    session.out.answer(
        {
            "profile": settings.profile,
            "values": [dict(zip(headers, row, strict=True)) for row in rows],
        },
        lambda: table(headers[:columns], [row[:columns] for row in rows]),
    )


@click.command(cls=Command)
@pass_session
def validate(session: Session) -> None:
    """Check the files and variables, without any request."""
    settings = session.settings
    session.out.answer(
        {"valid": True, "profile": settings.profile, "type": settings.storage.type},
        lambda: click.echo(f"valid: {settings.storage.type}, profile {settings.profile or 'none'}"),
    )
