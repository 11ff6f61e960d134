"""`ingenious-storage index`."""

from __future__ import annotations

from typing import Final

import click

from ingenious_ops.cli.groups import Group

_COMMANDS: Final = {
    "sync": ("keeping:sync", "Read what has changed since the last one."),
    "status": ("keeping:status", "Say what the index holds, and of when it is."),
    "rebuild": ("keeping:rebuild", "Throw the index away, and read every document."),
    "publish": ("publishing:publish", "Put snapshots into the containers, for new machines."),
}


@click.group(cls=Group, package="ingenious_ops.cli.commands.index", lazy=_COMMANDS)
def index() -> None:
    """The index of all documents on this machine.

    `search` looks into it. It is a file that can be thrown away; `index status` says where it is.
    """
