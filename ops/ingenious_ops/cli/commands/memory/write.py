"""Commands that make a new revision of a memory."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from ingenious_ops.cli import complete
from ingenious_ops.cli.groups import Command
from ingenious_ops.cli.inputs import input_argument, read_json
from ingenious_ops.cli.output.records import revision_json
from ingenious_ops.cli.parameters import author_option, note_options, tag_option
from ingenious_ops.cli.session import pass_session

if TYPE_CHECKING:
    from ingenious_ops.cli.session import Session
    from ingenious_storage import Revision


@click.command(cls=Command)
@click.argument("conversation", shell_complete=complete.conversations)
@input_argument
@note_options
@tag_option
@click.option(
    "--expected",
    type=click.IntRange(min=0),
    metavar="N",
    help="Only if N is the newest revision; 0: only if there is none.",
)
@pass_session
def save(
    session: Session,
    *,
    conversation: str,
    file: str | None,
    author: str | None,
    message: str | None,
    tags: tuple[str, ...],
    expected: int | None,
) -> None:
    """Make a JSON document the newest revision.

    FILE is a file, or - for standard input.
    """
    data = read_json(file)
    revision = session.memory.save_memory(
        conversation, data, expected=expected, author=author, message=message, tags=tags
    )
    _done(session, conversation, revision, "saved")


@click.command(cls=Command, may_be_empty={"content"})
@click.argument("conversation", shell_complete=complete.conversations)
@input_argument
@click.option("--role", metavar="ROLE", help="With --content: one message, instead of FILE.")
@click.option("--content", metavar="TEXT", help="What the message says.")
@author_option
@pass_session
def append(
    session: Session,
    *,
    conversation: str,
    file: str | None,
    role: str | None,
    content: str | None,
    author: str | None,
) -> None:
    """Add messages to a conversation.

    FILE, or - for standard input, holds a message, or a list of messages, as JSON. They are
    added, in one revision, to "messages" of the memory, which is made if there is none.
    """
    if (role is None) != (content is None) or (role is not None and file is not None):
        raise click.UsageError("give a FILE, or --role and --content")
    messages = read_json(file) if role is None else {"role": role, "content": content}
    if not isinstance(messages, list):
        messages = [messages]
    revision = session.memory.append_messages(conversation, messages, author=author)
    _done(session, conversation, revision, f"appended {len(messages)} to")


@click.command(cls=Command)
@click.argument("conversation", shell_complete=complete.conversations)
@click.argument("revision", type=int)
@note_options
@pass_session
def rollback(
    session: Session, conversation: str, revision: int, author: str | None, message: str | None
) -> None:
    """Make an old revision the newest again.

    It becomes a new revision: nothing in between is lost.
    """
    made = session.memory.rollback(conversation, revision, author=author, message=message)
    _done(session, conversation, made, f"rolled back to revision {revision}:")


@click.command(cls=Command)
@click.argument("conversation", shell_complete=complete.conversations)
@note_options
@pass_session
def rm(session: Session, conversation: str, author: str | None, message: str | None) -> None:
    """Delete a memory; `restore` undoes it.

    Its history stays. To erase it for good there is `purge`.
    """
    made = session.memory.delete_memory(conversation, author=author, message=message)
    _done(session, conversation, made, "deleted")


@click.command(cls=Command)
@click.argument("conversation", shell_complete=complete.conversations)
@note_options
@pass_session
def restore(session: Session, conversation: str, author: str | None, message: str | None) -> None:
    """Undo a delete.

    A memory that is not deleted stays as it is.
    """
    made = session.memory.restore_memory(conversation, author=author, message=message)
    _done(session, conversation, made, "restored")


def _done(session: Session, conversation: str, revision: Revision, verb: str) -> None:
    session.out.done(
        {"conversation": conversation, "revision": revision_json(revision)},
        f"{verb} {conversation}: revision {revision.number}, {revision.size} bytes",
    )
