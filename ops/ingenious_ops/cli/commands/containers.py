"""`ingenious-storage containers`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import click

from ingenious_ops.cli.groups import Command, Group
from ingenious_ops.cli.output import table
from ingenious_ops.cli.session import pass_session

if TYPE_CHECKING:
    from ingenious_ops.cli.session import Session
    from ingenious_storage import FileStorage

_COMMANDS: Final = {
    "ensure": ("containers:ensure", "Create the containers that are missing."),
    "ls": ("containers:ls", "List the containers, and whether they exist."),
}


@click.group(cls=Group, package="ingenious_ops.cli.commands", lazy=_COMMANDS)
def containers() -> None:
    """The containers of the storage.

    `data` holds memories, `revisions` holds prompts and labels.
    """


@click.command(cls=Command)
@pass_session
def ensure(session: Session) -> None:
    """Create the containers that are missing."""
    made = [
        (role, name, "created" if files.ensure_container() else "exists")
        for role, name, files in _containers(session)
    ]
    _answer(session, made)


@click.command(cls=Command)
@pass_session
def ls(session: Session) -> None:
    """List the containers, and whether they exist."""
    found = [
        (role, name, "exists" if files.container_exists() else "missing")
        for role, name, files in _containers(session)
    ]
    _answer(session, found)


def _containers(session: Session) -> list[tuple[str, str, FileStorage]]:
    storage, settings = session.storage, session.storage.settings.storage
    return [
        ("data", settings.container_data, storage.data),
        ("revisions", settings.container_revisions, storage.revisions),
    ]


def _answer(session: Session, rows: list[tuple[str, str, str]]) -> None:
    names = ("role", "container", "status")
    session.out.answer(
        {"containers": [dict(zip(names, row, strict=True)) for row in rows]},
        lambda: table(names, rows),
    )
