"""`ingenious-storage migrate`."""

from __future__ import annotations

from typing import Final

import click

from ingenious_ops.cli.groups import Group

_COMMANDS: Final = {
    "plan": ("plan:plan", "Say what a run would copy, and what is in its way."),
    "run": ("run:run", "Copy what is not at the target yet."),
    "verify": ("verify:verify", "Compare every object of both ends by its hash."),
    "cutover": ("cutover:cutover", "Send an application to its new storage."),
    "rollback": ("rollback:rollback", "Send an application back to the storage it had."),
}


@click.group(cls=Group, package="ingenious_ops.cli.commands.migrate", lazy=_COMMANDS)
def migrate() -> None:
    """Move files and objects to another store, and prove it.

    SRC and DST are a folder (./x, ../x or /x), a container of the active profile (data or
    revisions), or PROFILE:data and PROFILE:revisions.
    """
