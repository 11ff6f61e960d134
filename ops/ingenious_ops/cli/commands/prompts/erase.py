"""Commands that erase prompt sets, or their old ends: they ask first."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

import click

from ingenious_ops.cli import complete
from ingenious_ops.cli.commands.erasing.pruning import Rule, prune_all
from ingenious_ops.cli.commands.erasing.purging import end_if_kept, tell
from ingenious_ops.cli.groups import Command
from ingenious_ops.cli.parameters import (
    confirm,
    prune_options,
    require_yes_without_terminal,
    yes_option,
)
from ingenious_ops.cli.session import pass_session
from ingenious_ops.erasure.forgetting import forget

if TYPE_CHECKING:
    from datetime import timedelta

    from ingenious_ops.cli.session import Session


@click.command(cls=Command)
@click.argument("names", nargs=-1, required=True, metavar="SET...", shell_complete=complete.sets)
@prune_options
@pass_session
def prune(
    session: Session,
    names: tuple[str, ...],
    keep: int | None,
    older_than: timedelta | None,
    *,
    dry_run: bool,
    yes: bool,
) -> None:
    """Drop the old end of histories, for good.

    Those of all documents are `prune`'s. Whole segments of 32 or so revisions go, so that some
    more than --keep stay. With --older-than too, a revision goes only when both allow it. What a
    label pins stays, with all that is newer.
    """
    rule = Rule(keep, older_than, dry_run=dry_run, yes=yes)
    call = partial(session.prompts.prune_set, keep=keep, superseded=older_than)
    prune_all(session, rule, names, call, what="set")


@click.command(cls=Command)
@click.argument("name", metavar="SET", shell_complete=complete.sets)
@yes_option
@pass_session
def purge(session: Session, name: str, *, yes: bool) -> None:
    """Erase a set with its whole history, for good.

    A set that a label pins is refused. The receipt says what is gone, and until when the account
    could still bring it back.
    """
    require_yes_without_terminal(yes=yes)
    confirm(f"Erase the prompt set {name!r} with its whole history, for good?", yes=yes)
    purged = session.prompts.purge_set(name)
    forgotten = forget(session.storage, "prompts", [name])
    tell(session, ("set", name), purged, session.storage.revisions, catalogue=forgotten)
    end_if_kept(session, forgotten)
