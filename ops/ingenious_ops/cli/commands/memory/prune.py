"""Pruning of memories: it asks first."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

import click

from ingenious_ops.cli import complete
from ingenious_ops.cli.commands.erasing.pruning import Rule, prune_all
from ingenious_ops.cli.groups import Command
from ingenious_ops.cli.parameters import prune_options
from ingenious_ops.cli.session import pass_session

if TYPE_CHECKING:
    from datetime import timedelta

    from ingenious_ops.cli.session import Session


@click.command(cls=Command)
@click.argument(
    "conversations",
    nargs=-1,
    required=True,
    metavar="CONVERSATION...",
    shell_complete=complete.conversations,
)
@prune_options
@pass_session
def prune(
    session: Session,
    conversations: tuple[str, ...],
    keep: int | None,
    older_than: timedelta | None,
    *,
    dry_run: bool,
    yes: bool,
) -> None:
    """Drop the old end of histories, for good.

    Those of all documents are `prune`'s. Whole segments of 32 or so revisions go, so that some
    more than --keep stay. With --older-than too, a revision goes only when both allow it.
    """
    rule = Rule(keep, older_than, dry_run=dry_run, yes=yes)
    call = partial(session.memory.prune_memory, keep=keep, superseded=older_than)
    prune_all(session, rule, conversations, call, what="conversation")
