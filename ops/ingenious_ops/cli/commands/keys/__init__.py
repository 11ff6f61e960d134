"""`ingenious-storage keys`."""

from __future__ import annotations

from typing import Final

import click

from ingenious_ops.cli.groups import Group

_COMMANDS: Final = {
    "init": ("making:init", "Make the first keys of both containers."),
    "status": ("looking:status", "Say which keys there are, and what wraps them."),
    "rotate": ("making:rotate", "Make a new master key for new documents."),
    "rewrap": ("making:rewrap", "Wrap the master keys by the vault key's newest version."),
    "verify": ("looking:verify", "Check every record of a key, and the key of every blob."),
    "encrypt": ("encrypting:encrypt", "Encrypt in place what was written without encryption."),
    "destroy": ("destroying:destroy", "Destroy a master key, or all keys, for good."),
}


@click.group(cls=Group, package="ingenious_ops.cli.commands.keys", lazy=_COMMANDS)
def keys() -> None:
    """The keys that the storage is encrypted with.

    A vault key or a key file wraps a few master keys, a master key wraps one key for each
    document. All of them but the first are records under `keys/` in the container.
    """
