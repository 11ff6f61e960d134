"""Commands that read memories."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import click

from ingenious_ops.cli import complete
from ingenious_ops.cli.groups import Command
from ingenious_ops.cli.output import emit, show_diff, table
from ingenious_ops.cli.output.records import (
    HISTORY,
    cut_off,
    history_rows,
    revision_json,
    say_cut_off,
)
from ingenious_ops.cli.parameters import limit_options
from ingenious_ops.cli.session import pass_session

if TYPE_CHECKING:
    from ingenious_ops.cli.session import Session


@click.command(cls=Command)
@click.argument("conversation", shell_complete=complete.conversations)
@click.option("-r", "--revision", type=int, metavar="N", help="As it was then.")
@pass_session
def show(session: Session, conversation: str, revision: int | None) -> None:
    """Print a memory as JSON.

    What is printed is what `memory save` takes.
    """
    if revision is None:
        snapshot = session.memory.snapshot(conversation)
        memory, number = snapshot.data, snapshot.revision.number
    else:
        memory = session.memory.load_memory(conversation, revision=revision)
        number = revision
    session.out.answer(
        {"conversation": conversation, "revision": number, "memory": memory},
        lambda: emit(json.dumps(memory, indent=2, ensure_ascii=False) + "\n"),
    )


@click.command(cls=Command)
@click.argument("conversation", shell_complete=complete.conversations)
@limit_options
@pass_session
def history(session: Session, conversation: str, limit: int, *, whole: bool) -> None:
    """List the revisions of a memory, newest first.

    Also of a deleted one.
    """
    revisions = session.memory.history(conversation, limit=None if whole else limit)
    kept = session.memory.kept_revisions(conversation)
    session.out.answer(
        {
            "conversation": conversation,
            "revisions": [revision_json(r) for r in revisions],
            **cut_off(revisions, kept),
        },
        lambda: table(HISTORY, history_rows(revisions)),
    )
    say_cut_off(session.out, revisions, kept)


@click.command(cls=Command)
@click.argument("conversation", shell_complete=complete.conversations)
@click.argument("old", type=int, required=False)
@click.argument("new", type=int, required=False)
@pass_session
def diff(session: Session, conversation: str, old: int | None, new: int | None) -> None:
    """Show what changed between two revisions.

    NEW is the newest one unless it is given, OLD the one before NEW.
    """
    newest = session.memory.history(conversation, limit=1)[0].number
    after = newest if new is None else new
    before = max(1, after - 1) if old is None else old
    text = session.memory.diff(conversation, before, after)
    session.out.answer(
        {"conversation": conversation, "old": before, "new": after, "diff": text},
        lambda: show_diff(text),
    )
    if not text:
        session.out.say(f"revisions {before} and {after} are the same")
