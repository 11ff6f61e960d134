"""`ingenious-storage prompts label`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import click

from ingenious_ops.cli import complete
from ingenious_ops.cli.commands.prompts.ref import Ref, parse_ref
from ingenious_ops.cli.groups import Command, Group
from ingenious_ops.cli.output import table
from ingenious_ops.cli.output.records import (
    LABELS,
    cut_off,
    label_json,
    label_rows,
    revision_json,
    say_cut_off,
)
from ingenious_ops.cli.parameters import author_option, limit_options, note_options
from ingenious_ops.cli.session import pass_session

if TYPE_CHECKING:
    from ingenious_ops.cli.session import Session

_COMMANDS: Final = {
    "set": ("labels:set_", "Pin a revision, or move the label there."),
    "get": ("labels:get", "Print what a label pins, as a REF."),
    "ls": ("labels:ls", "List the labels."),
    "history": ("labels:history", "List where a label was, newest first."),
    "rm": ("labels:rm", "Delete a label; what it pinned stays."),
}


@click.group(cls=Group, package="ingenious_ops.cli.commands.prompts", lazy=_COMMANDS)
def label() -> None:
    """Labels: names that pin a revision of a set.

    Editing a set never moves a label, and what a label pins is not pruned.
    """


@click.command("set", cls=Command)
@click.argument("name", metavar="LABEL", shell_complete=complete.labels)
@click.argument("ref", type=parse_ref, shell_complete=complete.refs)
@note_options
@pass_session
def set_(session: Session, name: str, ref: Ref, author: str | None, message: str | None) -> None:
    """Pin a revision, or move the label there.

    `prompts label set production quickstart-1` pins the newest revision of that set.
    """
    resolved = ref.resolve(session.prompts)
    resolved.prompts(session.prompts)  # of this lineage, or it raises
    made = session.prompts.set_label(
        name, resolved.set, revision=resolved.number, author=author, message=message
    )
    session.out.done(label_json(made), f"{name} is now {made.set}@{made.number}")


@click.command(cls=Command)
@click.argument("name", metavar="LABEL", shell_complete=complete.labels)
@pass_session
def get(session: Session, name: str) -> None:
    """Print what a label pins, as a REF."""
    found = session.prompts.get_label(name)
    session.out.answer(label_json(found), lambda: click.echo(f"{found.set}@{found.number}"))


@click.command(cls=Command)
@pass_session
def ls(session: Session) -> None:
    """List the labels."""
    found = session.prompts.list_labels()
    session.out.answer(
        {"labels": [label_json(each) for each in found]}, lambda: table(LABELS, label_rows(found))
    )
    if not found:
        session.out.say("no labels")


@click.command(cls=Command)
@click.argument("name", metavar="LABEL", shell_complete=complete.labels)
@limit_options
@pass_session
def history(session: Session, name: str, limit: int, *, whole: bool) -> None:
    """List where a label was, newest first."""
    found = session.prompts.label_history(name, limit=None if whole else limit)
    kept = session.prompts.kept_label_revisions(name)
    # Revisions that delete the label are counted, and not shown.
    shown = kept if whole else kept[-limit:]
    session.out.answer(
        {
            "label": name,
            "history": [label_json(each) for each in found],
            **cut_off(shown, kept),
        },
        lambda: table(LABELS, label_rows(found)),
    )
    say_cut_off(session.out, shown, kept)


@click.command(cls=Command)
@click.argument("name", metavar="LABEL", shell_complete=complete.labels)
@author_option
@pass_session
def rm(session: Session, name: str, author: str | None) -> None:
    """Delete a label; what it pinned stays."""
    made = session.prompts.delete_label(name, author=author)
    session.out.done({"label": name, "revision": revision_json(made)}, f"deleted label {name}")
