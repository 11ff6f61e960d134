"""Commands that read the documents of frameworks."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import click

from ingenious_ops.cli.commands.agents.named import document_arguments, find, name_json
from ingenious_ops.cli.groups import Command
from ingenious_ops.cli.output import emit, table
from ingenious_ops.cli.output.records import (
    HISTORY,
    cut_off,
    history_rows,
    revision_json,
    say_cut_off,
)
from ingenious_ops.cli.parameters import limit_options
from ingenious_ops.cli.session import pass_session
from ingenious_ops.readable import readable

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ingenious_ops.cli.session import Session
    from ingenious_storage.services.agent_info import DocumentInfo


@click.command(cls=Command)
@document_arguments
@click.option("-r", "--revision", type=int, metavar="N", help="As it was then.")
@pass_session
def show(
    session: Session,
    framework: str,
    parts: Sequence[str],
    what: str | None,
    revision: int | None,
) -> None:
    """Print a document as JSON.

    Bytes are shown as their length, and what else JSON lacks in words.
    """
    info = find(session, framework, parts, what)
    loaded = session.storage.agents(framework).store.load(info.key, revision=revision)
    data = readable(loaded.data)
    session.out.answer(
        {**_which(info), "revision": loaded.revision.number, "data": data},
        lambda: emit(json.dumps(data, indent=2, ensure_ascii=False) + "\n"),
    )


@click.command(cls=Command)
@document_arguments
@limit_options
@pass_session
def history(
    session: Session,
    framework: str,
    parts: Sequence[str],
    what: str | None,
    limit: int,
    *,
    whole: bool,
) -> None:
    """List the revisions of a document, newest first.

    Also of a deleted one.
    """
    info = find(session, framework, parts, what)
    store = session.storage.agents(framework).store
    revisions = store.history(info.key, limit=None if whole else limit)
    kept = store.kept_revisions(info.key)
    session.out.answer(
        {
            **_which(info),
            "revisions": [revision_json(each) for each in revisions],
            **cut_off(revisions, kept),
        },
        lambda: table(HISTORY, history_rows(revisions)),
    )
    say_cut_off(session.out, revisions, kept)


def _which(info: DocumentInfo) -> dict[str, Any]:
    return {"framework": info.framework, **name_json(info.name), "key": info.key}
