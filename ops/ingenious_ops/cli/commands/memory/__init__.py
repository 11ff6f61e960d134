"""`ingenious-storage memory`."""

from __future__ import annotations

from typing import Final

import click

from ingenious_ops.cli.groups import Group

_COMMANDS: Final = {
    "save": ("write:save", "Make a JSON document the newest revision."),
    "show": ("read:show", "Print a memory as JSON."),
    "append": ("write:append", "Add messages to a conversation."),
    "ls": ("listing:ls", "List the conversations that have a memory."),
    "info": ("listing:info", "Say what is stored of a conversation, without loading it."),
    "history": ("read:history", "List the revisions of a memory, newest first."),
    "diff": ("read:diff", "Show what changed between two revisions."),
    "rollback": ("write:rollback", "Make an old revision the newest again."),
    "rm": ("write:rm", "Delete a memory; `restore` undoes it."),
    "restore": ("write:restore", "Undo a delete."),
    "purge": ("erase:purge", "Erase a memory with its whole history, for good."),
    "erase": ("erase:erase", "Erase many memories, and write a receipt."),
    "prune": ("prune:prune", "Drop the old end of histories, for good."),
    "export": ("transfer:export", "Write memories as files."),
    "import": ("transfer:import_", "Save memories from files."),
}


@click.group(cls=Group, package="ingenious_ops.cli.commands.memory", lazy=_COMMANDS)
def memory() -> None:
    """What agents remember of conversations.

    A CONVERSATION is the id that the application uses; any text is one. Each change is a new
    revision, and nothing but `purge`, `erase` and `prune` erases one.
    """
