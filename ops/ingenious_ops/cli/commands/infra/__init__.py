"""`ingenious-storage infra`."""

from __future__ import annotations

from typing import Final

import click

from ingenious_ops.cli.groups import Group

_COMMANDS: Final = {
    "init": ("init:init", "Write the Pulumi program into a folder."),
    "preview": ("look:preview", "Show what `up` would change."),
    "up": ("change:up", "Create or update what the stack describes."),
    "refresh": ("change:refresh", "Take what is really there into the state."),
    "destroy": ("change:destroy", "Delete everything in the stack."),
    "outputs": ("look:outputs", "Print the outputs of the stack."),
    "profile": ("profile:profile", "Write the outputs as a profile of profiles.yml."),
    "drift": ("look:drift", "Say what was changed behind the stack's back."),
}


@click.group(cls=Group, package="ingenious_ops.cli.commands.infra", lazy=_COMMANDS)
def infra() -> None:
    """What the storage needs on Azure, by Pulumi.

    A STACK is one environment, with settings in Pulumi.STACK.yaml beside the program. Pulumi keeps
    its state where PULUMI_BACKEND_URL says, or where `pulumi login` said.
    """
