"""`ingenious-storage agents`."""

from __future__ import annotations

from typing import Final

import click

from ingenious_ops.cli.groups import Group

_COMMANDS: Final = {
    "ls": ("listing:ls", "List the frameworks, or the documents of one."),
    "show": ("read:show", "Print a document as JSON."),
    "history": ("read:history", "List the revisions of a document, newest first."),
    "purge": ("erase:purge", "Erase documents with their whole history, for good."),
}


@click.group(cls=Group, package="ingenious_ops.cli.commands.agents", lazy=_COMMANDS)
def agents() -> None:
    """What adapters keep for frameworks, such as histories and sessions.

    A document is named by the PARTs that its framework gives it, such as a session and a source,
    and by what it is, such as `history`. `agents ls FRAMEWORK` shows both; an empty part is ''.
    Only the framework's own program changes them.
    """
