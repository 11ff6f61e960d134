"""`ingenious-storage profiles`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import click

from ingenious_ops.cli.groups import Command, Group
from ingenious_ops.cli.output import table
from ingenious_ops.cli.session import pass_session, place_of
from ingenious_storage.errors import ConfigurationError

if TYPE_CHECKING:
    from ingenious_ops.cli.session import Session

_COMMANDS: Final = {"ls": ("profiles:ls", "List the profiles, and the storage of each.")}
_HEADERS: Final = ("profile", "chosen", "storage")


@click.group(cls=Group, package="ingenious_ops.cli.commands", lazy=_COMMANDS)
def profiles() -> None:
    """The profiles of profiles.yml.

    --profile or INGENIOUS_PROFILE chooses one of them.
    """


@click.command(cls=Command)
@pass_session
def ls(session: Session) -> None:
    """List the profiles, and the storage of each.

    As it is with the environment, .env and config.yml; no request is made. A profile that is
    wrong says why.
    """
    found = session.configuration.find_profiles()
    rows = [
        (name, "*" if name == found.chosen else "", _storage(session, name)) for name in found.names
    ]
    session.out.answer(
        {
            "file": None if found.file is None else str(found.file),
            "profiles": [
                {"name": name, "chosen": bool(mark), "storage": storage}
                for name, mark, storage in rows
            ],
        },
        lambda: table(_HEADERS, rows),
    )
    if not rows:
        session.out.say(
            f"no profiles in {found.file}" if found.file else "there is no profiles.yml"
        )


def _storage(session: Session, name: str) -> str:
    try:
        settings = session.configuration.of(name).settings()
    except ConfigurationError as error:
        return f"wrong: {error.message}"
    return place_of(settings)
