"""`ingenious-storage explain`."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING

import click

from ingenious_ops.cli.groups import Command
from ingenious_ops.cli.output import emit, table
from ingenious_ops.cli.session import pass_session

if TYPE_CHECKING:
    from ingenious_ops.cli.session import Session
    from ingenious_ops.explain.entries import Entry


@click.command(cls=Command)
@click.argument("name", metavar="[NAME]", required=False)
@pass_session
def explain(session: Session, name: str | None) -> None:
    """Say what a code means and what to do, or print a page.

    NAME is the code of an error, as it stands in brackets behind it; a check of doctor; a
    setting or its variable; a metric; an alert; or a page, such as `migration`. Without one it
    lists the codes and the pages.

    \b
    ingenious-storage explain commit_unknown
    ingenious-storage explain storage.timeout
    ingenious-storage explain migration
    """
    from ingenious_ops.explain.entries import entries, find  # noqa: PLC0415  # reads the pages
    from ingenious_ops.explain.pages import page_of, pages  # noqa: PLC0415

    if name is None:
        codes = [entry for entry in entries() if entry.names and "code" in entry.cells]
        listed = [(entry.cells["code"].strip("`"), entry.cells.get("when", "")) for entry in codes]
        names = {"codes": [code for code, _ in listed], "pages": list(pages())}
        session.out.answer(names, lambda: table(("code", "when"), listed))
        session.out.say(f"pages: {', '.join(pages())}")
    elif page := page_of(name):
        session.out.answer({"page": page, "text": pages()[page]}, lambda: emit(pages()[page]))
    else:
        found = find(name)
        data = {"entries": [asdict(entry) for entry in found]}
        session.out.answer(data, lambda: emit("\n".join(map(_shown, found))))


def _shown(entry: Entry) -> str:
    lines = [f"{header}: {cell}" for header, cell in entry.cells.items()]
    if entry.text:
        lines += ["", entry.text, ""]
    return "\n".join((*lines, f"page: {entry.page}", ""))
