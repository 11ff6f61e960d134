"""Commands that erase: they ask first."""

from __future__ import annotations

from dataclasses import asdict
from functools import partial
from typing import TYPE_CHECKING

import click

from ingenious_ops.cli import complete
from ingenious_ops.cli.commands.pruning import Rule, prune_all
from ingenious_ops.cli.groups import Command
from ingenious_ops.cli.output import count
from ingenious_ops.cli.output.records import timestamp
from ingenious_ops.cli.parameters import (
    confirm,
    prune_options,
    require_yes_without_terminal,
    yes_option,
)
from ingenious_ops.cli.session import pass_session

if TYPE_CHECKING:
    from datetime import timedelta

    from ingenious_ops.cli.session import Session


@click.command(cls=Command)
@click.argument("conversation", shell_complete=complete.conversations)
@yes_option
@pass_session
def purge(session: Session, conversation: str, *, yes: bool) -> None:
    """Erase a memory with its whole history, for good.

    The receipt says what is gone, and until when the account could still bring it back.
    """
    require_yes_without_terminal(yes=yes)
    confirm(f"Erase the memory of {conversation!r} with its whole history, for good?", yes=yes)
    receipt = session.memory.purge_memory(conversation)
    until, backend = receipt.recoverable_until, session.storage.data.backend
    record = {
        **asdict(receipt),
        "conversation": conversation,
        "purged_at": timestamp(receipt.purged_at),
        "recoverable_until": None if until is None else timestamp(until),
    }
    of = "" if receipt.revisions is None else f"{count(receipt.revisions, 'revision')}, "
    session.out.done(
        record,
        f"purged {conversation}: {of}{count(receipt.blobs, 'blob')}, {receipt.bytes} bytes",
    )
    if until is not None:
        session.out.say(f"the account may bring it back until {timestamp(until, seconds=True)}")
    elif backend.durable and backend.folder is None:
        session.out.say("the account may keep a copy: storage.retention_days does not say how long")


@click.command(cls=Command)
@click.argument(
    "conversations",
    nargs=-1,
    metavar="[CONVERSATION]...",
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
    whole: bool,
    dry_run: bool,
    yes: bool,
) -> None:
    """Drop the old end of histories, for good.

    Whole segments of 32 or so revisions go, so that some more than --keep stay.
    """
    rule = Rule(keep, older_than, whole=whole, dry_run=dry_run, yes=yes)
    names = rule.targets(conversations, session.memory.list_conversations)
    call = partial(session.memory.prune_memory, keep=keep, superseded=older_than)
    prune_all(session, rule, names, call, what="conversation")
