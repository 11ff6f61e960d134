"""`ingenious-storage search`."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any

import click

from ingenious_ops.cli.commands.index.options import plain_index_option
from ingenious_ops.cli.groups import Command
from ingenious_ops.cli.output import count, paint, printable, table
from ingenious_ops.cli.session import pass_session
from ingenious_ops.records import hit_json
from ingenious_ops.times import timestamp
from ingenious_storage.errors import IndexMissingError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ingenious_ops.cli.session import Session
    from ingenious_storage.catalogue import CatalogueStatus, DocumentKind, Hit, Results


@click.command(cls=Command)
@click.argument("words", nargs=-1, metavar="[WORDS]...")
@click.option("--tag", "tags", multiple=True, metavar="TAG", help="May be repeated: all of them.")
@click.option("--author", metavar="NAME", help="Of the newest revision.")
@click.option("--after", metavar="TIME", help="Changed then or later, such as 2026-01-31.")
@click.option("--before", metavar="TIME", help="Changed before.")
@click.option("--kind", type=click.Choice(["memory", "prompts", "label"]), help="Only these.")
@click.option("--deleted", is_flag=True, help="Deleted documents too.")
@click.option(
    "-n", "--limit", type=click.IntRange(1, 1000), default=20, show_default=True, metavar="N"
)
@plain_index_option
@pass_session
def search(
    session: Session,
    words: tuple[str, ...],
    *,
    tags: tuple[str, ...],
    author: str | None,
    after: str | None,
    before: str | None,
    kind: DocumentKind | None,
    deleted: bool,
    limit: int,
) -> None:
    """Find conversations, prompt sets and labels by their words.

    All words have to be in a document. "A phrase" in double quotes, a beginning* and -without;
    `tag:`, `author:`, `after:`, `before:` and `kind:` among them are as the options. It looks into
    the index of this machine, which `index sync` makes and keeps up to date.
    """
    from ingenious_storage.catalogue import Query  # noqa: PLC0415  # help is fast without

    if not (words or tags or author or after or before or kind):
        raise click.UsageError("give words, or one of --tag, --author, --after, --before, --kind")
    catalogue = session.storage.catalogue
    status = catalogue.status()
    if status.synced_at is None:
        raise _missing(status)
    query = Query(_whole(words, after, before), kind, tags, author, deleted=deleted)
    results = catalogue.search(query, limit=limit)
    session.out.answer(_json(results, status), lambda: _show(results.hits))
    _say(session, results, status)


def _whole(words: Sequence[str], after: str | None, before: str | None) -> str:
    """The times go first, since a quotation that does not end goes to the end."""
    times = [
        f'{name}:"{value.replace(chr(34), "")}"'
        for name, value in (("after", after), ("before", before))
        if value is not None
    ]
    return " ".join([*times, *words])


def _missing(status: CatalogueStatus) -> IndexMissingError:
    if status.documents:
        return IndexMissingError(
            f"the first sync of the index {status.path} did not come to its end",
            hint="Run `ingenious-storage index sync`: it goes on where it was.",
        )
    return IndexMissingError(f"this machine has no index of this storage at {status.path}")


def _json(results: Results, status: CatalogueStatus) -> dict[str, Any]:
    return {
        "hits": [*map(hit_json, results.hits)],
        "more": results.more,
        "synced_at": None if results.synced_at is None else timestamp(results.synced_at),
        "complete": status.complete,
    }


def _show(hits: Sequence[Hit]) -> None:
    """Two lines each on a terminal; a line of tab-separated columns for a pipe."""
    if not sys.stdout.isatty():
        table((), [(h.kind, h.name, h.revision, timestamp(h.changed), _plain(h)) for h in hits])
        return
    for hit in hits:
        mark = " (deleted)" if hit.deleted else ""
        about = [hit.kind, timestamp(hit.changed, seconds=True), hit.author or "", *hit.tags]
        name = paint(f"{printable(hit.name)}{mark}", sys.stdout, bold=True)
        details = paint(printable("  ".join(filter(None, about))), sys.stdout, dim=True)
        click.echo(f"{name}  {details}")
        if hit.excerpt:
            click.echo(f"  {_highlighted(hit)}")


def _highlighted(hit: Hit) -> str:
    return "".join(
        paint(printable(_line(text)), sys.stdout, fg="yellow", bold=True)
        if found
        else printable(_line(text))
        for text, found in hit.excerpt
    )


def _plain(hit: Hit) -> str:
    return _line("".join(text for text, _ in hit.excerpt))


def _line(text: str) -> str:
    """In one line; `printable` would show each break."""
    return text.translate(_BREAKS)


_BREAKS = str.maketrans("\n\r\t", "   ")


def _say(session: Session, results: Results, status: CatalogueStatus) -> None:
    found = "nothing" if not results.hits else count(len(results.hits), "document")
    first = "the first " if results.more else ""
    of = "" if results.synced_at is None else timestamp(results.synced_at, seconds=True)
    session.out.say(f"{first}{found} in the index of {of}")
    if not status.complete:
        session.out.warn("the last sync did not come to its end: run `index sync`")
