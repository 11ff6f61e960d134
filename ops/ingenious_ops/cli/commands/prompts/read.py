"""Commands that read prompts."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from ingenious_ops.cli import complete
from ingenious_ops.cli.commands.prompts.ref import Ref, Resolved, parse_ref
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
from ingenious_storage.errors import RevisionNotFoundError

if TYPE_CHECKING:
    from ingenious_ops.cli.session import Session


@click.command(cls=Command)
@pass_session
def sets(session: Session) -> None:
    """List the prompt sets."""
    names = list(session.prompts.list_sets())
    session.out.answer({"sets": names}, lambda: table(("set",), [(name,) for name in names]))
    if not names:
        session.out.say("no prompt sets")


@click.command(cls=Command)
@click.argument("ref", type=parse_ref, shell_complete=complete.refs)
@pass_session
def ls(session: Session, ref: Ref) -> None:
    """List the prompts of a set."""
    resolved = ref.resolve(session.prompts)
    sizes = [(name, len(text.encode())) for name, text in resolved.prompts(session.prompts).items()]
    sizes.sort()
    session.out.answer(
        {
            "set": resolved.set,
            "revision": resolved.number,
            "prompts": [{"name": name, "bytes": size} for name, size in sizes],
        },
        lambda: table(("prompt", "bytes"), sizes),
    )
    if not sizes:
        session.out.say(f"{resolved} holds no prompts")


@click.command(cls=Command)
@click.argument("ref", type=parse_ref, shell_complete=complete.refs)
@click.argument("name")
@pass_session
def show(session: Session, ref: Ref, name: str) -> None:
    """Print the text of a prompt.

    Exactly as it is stored.
    """
    resolved = ref.resolve(session.prompts)
    text = session.prompts.get(resolved.set, name, revision=resolved.revision)
    session.out.answer(
        {"set": resolved.set, "revision": resolved.number, "name": name, "text": text},
        lambda: emit(text),
    )


@click.command(cls=Command)
@click.argument("name", metavar="SET", shell_complete=complete.sets)
@limit_options
@pass_session
def history(session: Session, name: str, limit: int, *, whole: bool) -> None:
    """List the revisions of a set, newest first.

    Also of a deleted one.
    """
    revisions = session.prompts.history(name, limit=None if whole else limit)
    kept = session.prompts.kept_revisions(name)
    session.out.answer(
        {
            "set": name,
            "revisions": [revision_json(r) for r in revisions],
            **cut_off(revisions, kept),
        },
        lambda: table(HISTORY, history_rows(revisions)),
    )
    say_cut_off(session.out, revisions, kept)


@click.command(cls=Command)
@click.argument("old", type=parse_ref, shell_complete=complete.refs)
@click.argument("new", type=parse_ref, required=False, shell_complete=complete.refs)
@pass_session
def diff(session: Session, old: Ref, new: Ref | None) -> None:
    """Show what differs between revisions or sets.

    With one REF: what its revision changed. `prompts diff @production quickstart-1` shows what
    is new since the label was set.
    """
    library = session.prompts
    before = old.resolve(library).pinned(library)
    after = before
    if new is None:
        before = _previous(after)
    else:
        after = new.resolve(library).pinned(library)
    assert before.revision is not None
    text = library.diff(before.set, before.revision, after.revision, other=after.set)
    session.out.answer(
        {"old": str(before), "new": str(after), "diff": text}, lambda: show_diff(text)
    )
    if not text:
        session.out.say(f"{before} and {after} are the same")


def _previous(of: Resolved) -> Resolved:
    number = of.number or 1
    if number < 2:
        raise RevisionNotFoundError(f"{of} is the first revision")
    return Resolved(of.set, number - 1)
