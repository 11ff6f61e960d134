"""`memory ls` and `memory info`: what is there, without loading it."""

from __future__ import annotations

from itertools import islice
from typing import TYPE_CHECKING, Any, Final

import click

from ingenious_ops.cli import complete
from ingenious_ops.cli.groups import Command
from ingenious_ops.cli.output import count, printable, table
from ingenious_ops.cli.output.records import message_of, revision_json
from ingenious_ops.cli.session import pass_session
from ingenious_ops.times import timestamp
from ingenious_storage.services.memory_info import list_memories, memory_info, with_revisions

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from ingenious_ops.cli.session import Session
    from ingenious_storage.services.memory_info import Listed, MemoryInfo

_LONG: Final = ("conversation", "bytes", "changed")
_Row = tuple["Listed", "MemoryInfo | None"]


@click.command(cls=Command)
@click.option("-l", "--long", "wants_long", is_flag=True, help="With bytes and time of change.")
@click.option(
    "--revisions", is_flag=True, help="As --long, and how many revisions: a request each."
)
@click.option("--prefix", default="", metavar="TEXT", help="Only ids that begin so.")
@click.option("-n", "--limit", type=click.IntRange(min=1), metavar="N", help="All by default.")
@pass_session
def ls(
    session: Session, *, wants_long: bool, revisions: bool, prefix: str, limit: int | None
) -> None:
    """List the conversations that have a memory.

    One id on a line, in the order of their keys; a line break in an id is shown as \\n. Bytes are
    those of the blob with the newest revision and recent history; they and the time come with the
    listing, for no more requests.
    """
    found = list_memories(session.memory, prefix)
    taken = found if limit is None else islice(found, limit)
    rows = with_revisions(session.memory, taken) if revisions else ((each, None) for each in taken)
    if session.out.json:
        details = [_json(*row) for row in rows]
        names = [each["conversation"] for each in details]
        more = next(found, None) is not None
        record = {"conversations": names, "details": details, "truncated": more}
        session.out.answer(record, lambda: None)
        return
    shown = _show(rows, wants_long=wants_long or revisions, revisions=revisions)
    if not shown:
        session.out.say("no conversations")
    elif limit is not None and next(found, None) is not None:
        session.out.say(f"the first {count(shown, 'conversation')}; there are more")


@click.command(cls=Command)
@click.argument("conversation", shell_complete=complete.conversations)
@pass_session
def info(session: Session, conversation: str) -> None:
    """Say what is stored of a conversation, without loading it.

    Also of a deleted one.
    """
    found = memory_info(session.memory, conversation)
    record = {
        "conversation": conversation,
        "key": found.key,
        "revisions": found.newest.number,
        "oldest": found.oldest,
        "deleted": found.deleted,
        "newest": revision_json(found.newest),
    }
    newest = found.newest
    rows = [
        ("conversation", conversation),
        ("key", found.key),
        ("revisions", f"{newest.number}{_pruned(found)}"),
        ("bytes", newest.size),
        ("changed", timestamp(newest.created_at, seconds=True)),
        ("author", newest.author or ""),
        ("message", message_of(newest)),
        ("write_id", newest.write_id),
        ("sha256", newest.sha256),
    ]
    session.out.answer(record, lambda: table(("what", "value"), rows))


def _pruned(found: MemoryInfo) -> str:
    return "" if found.oldest == 1 else f", kept from {found.oldest}"


def _show(rows: Iterable[_Row], *, wants_long: bool, revisions: bool) -> int:
    """Prints each as soon as it is known, or all of them as a table; how many."""
    if wants_long:
        cells = list(_cells(rows, revisions=revisions))
        table((*_LONG, "revisions") if revisions else _LONG, cells)
        return len(cells)
    shown = 0
    for listed, _ in rows:
        click.echo(printable(listed.conversation_id))
        shown += 1
    return shown


def _cells(rows: Iterable[_Row], *, revisions: bool) -> Iterator[tuple[object, ...]]:
    for listed, found in rows:
        changed = timestamp(listed.changed, seconds=True)
        cells = (listed.conversation_id, listed.size, changed)
        yield (*cells, "" if found is None else found.newest.number) if revisions else cells


def _json(listed: Listed, found: MemoryInfo | None) -> dict[str, Any]:
    return {
        "conversation": listed.conversation_id,
        "bytes": listed.size,
        "changed": timestamp(listed.changed),
        "revisions": None if found is None else found.newest.number,
    }
