"""Commands that make a new revision of a prompt set."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING

import click

from ingenious_ops.cli import complete
from ingenious_ops.cli.commands.prompts.ref import Ref, parse_ref
from ingenious_ops.cli.groups import Command
from ingenious_ops.cli.inputs import STDIN, read_text
from ingenious_ops.cli.output.records import revision_json
from ingenious_ops.cli.parameters import note_options, tag_option
from ingenious_ops.cli.session import pass_session
from ingenious_storage.errors import PromptNotFoundError

if TYPE_CHECKING:
    from ingenious_ops.cli.session import Session
    from ingenious_storage import Revision


@click.command(cls=Command)
@click.argument("name", metavar="SET", shell_complete=complete.sets)
@click.option(
    "--source",
    type=parse_ref,
    metavar="REF",
    shell_complete=complete.refs,
    help="Copy the prompts of another set.",
)
@note_options
@pass_session
def create(
    session: Session, name: str, source: Ref | None, author: str | None, message: str | None
) -> None:
    """Create a set, empty or from another."""
    files = None
    if source is not None:
        resolved = source.resolve(session.prompts)
        files = resolved.prompts(session.prompts)
        message = message or f"Copy of {resolved}"
    made = session.prompts.create_set(name, files, author=author, message=message)
    _done(session, name, made, "created")


@click.command(cls=Command)
@click.argument("name", metavar="SET", shell_complete=complete.sets)
@click.argument("prompts", nargs=-1, required=True, metavar="[NAME=]FILE...")
@note_options
@tag_option
@pass_session
def put(
    session: Session,
    *,
    name: str,
    prompts: tuple[str, ...],
    author: str | None,
    message: str | None,
    tags: tuple[str, ...],
) -> None:
    """Commit prompts to a set, in one revision.

    A FILE is stored under its own name, or under NAME; with NAME=- standard input is read. The
    other prompts of the set stay as they are.
    """
    changes: dict[str, str | None] = {}
    for prompt, file in map(_split, prompts):
        if prompt in changes:
            raise click.UsageError(f"{prompt!r} is given twice")
        changes[prompt] = read_text(file)
    made = session.prompts.commit(name, changes, author=author, message=message, tags=tags)
    _done(session, name, made, f"put {len(changes)} into")


@click.command(cls=Command)
@click.argument("name", metavar="SET", shell_complete=complete.sets)
@click.argument("prompts", nargs=-1, metavar="[NAME]...")
@note_options
@pass_session
def rm(
    session: Session, name: str, prompts: tuple[str, ...], author: str | None, message: str | None
) -> None:
    """Take prompts out of a set, or delete the set.

    The history stays: `rollback` and `restore` undo it, and labels go on working.
    """
    if not prompts:
        made = session.prompts.delete_set(name, author=author, message=message)
        _done(session, name, made, "deleted")
        return
    there = session.prompts.get_set(name)
    for prompt in prompts:
        if prompt not in there:
            raise PromptNotFoundError(f"no prompt {prompt!r} in set {name!r}")
    changes = dict.fromkeys(prompts)
    made = session.prompts.commit(name, changes, author=author, message=message)
    _done(session, name, made, f"took {len(changes)} out of")


@click.command(cls=Command)
@click.argument("name", metavar="SET", shell_complete=complete.sets)
@click.argument("revision", type=int)
@note_options
@pass_session
def rollback(
    session: Session, name: str, revision: int, author: str | None, message: str | None
) -> None:
    """Make an old revision the newest again.

    It becomes a new revision: nothing in between is lost, and labels stay where they are.
    """
    made = session.prompts.rollback(name, revision, author=author, message=message)
    _done(session, name, made, f"rolled back to revision {revision}:")


@click.command(cls=Command)
@click.argument("name", metavar="SET", shell_complete=complete.sets)
@note_options
@pass_session
def restore(session: Session, name: str, author: str | None, message: str | None) -> None:
    """Undo the deletion of a set.

    A set that is not deleted stays as it is.
    """
    made = session.prompts.restore_set(name, author=author, message=message)
    _done(session, name, made, "restored")


def _split(text: str) -> tuple[str, str]:
    """NAME=FILE, or a FILE that gives the name; a path with "=" in a folder is a FILE."""
    match = re.fullmatch(r"([^=]+)=(.+)", text)
    if match and not Path(text).exists():
        return match[1], match[2]
    if text == STDIN:
        raise click.UsageError("give the prompt a name: NAME=-")
    return Path(text).name, text


def _done(session: Session, name: str, revision: Revision, verb: str) -> None:
    session.out.done(
        {"set": name, "revision": revision_json(revision)},
        f"{verb} {name}: revision {revision.number}, {revision.size} bytes",
    )
