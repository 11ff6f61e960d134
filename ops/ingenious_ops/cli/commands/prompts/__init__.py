"""`ingenious-storage prompts`."""

from __future__ import annotations

from typing import Final

import click

from ingenious_ops.cli.groups import Group

_COMMANDS: Final = {
    "import": ("transfer:import_", "Make sets of folders of prompts."),
    "export": ("transfer:export", "Write prompts as files."),
    "sets": ("read:sets", "List the prompt sets."),
    "create": ("write:create", "Create a set, empty or from another."),
    "ls": ("read:ls", "List the prompts of a set."),
    "show": ("read:show", "Print the text of a prompt."),
    "put": ("write:put", "Commit prompts to a set, in one revision."),
    "rm": ("write:rm", "Take prompts out of a set, or delete the set."),
    "diff": ("read:diff", "Show what differs between revisions or sets."),
    "history": ("read:history", "List the revisions of a set, newest first."),
    "rollback": ("write:rollback", "Make an old revision the newest again."),
    "restore": ("write:restore", "Undo the deletion of a set."),
    "label": ("labels:label", "Labels: names that pin a revision of a set."),
    "prune": ("erase:prune", "Drop the old end of histories, for good."),
    "purge": ("erase:purge", "Erase a set with its whole history, for good."),
}


@click.group(cls=Group, package="ingenious_ops.cli.commands.prompts", lazy=_COMMANDS)
def prompts() -> None:
    """Prompt sets, and the labels that pin them.

    A SET holds prompts by file name, and each commit is a new revision of all of them. Where a
    command reads, REF is SET, SET@REVISION or @LABEL: quickstart-1, quickstart-1@3, @production.
    """
