"""Commands that move memories between a storage and files."""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import click

from ingenious_ops.cli import complete
from ingenious_ops.cli.errors import common_code, describe, show_all
from ingenious_ops.cli.executors import executor_options
from ingenious_ops.cli.groups import Command
from ingenious_ops.cli.output import count
from ingenious_ops.cli.output.progress import progress, telling_if_interrupted
from ingenious_ops.cli.parameters import author_option
from ingenious_ops.cli.session import pass_session
from ingenious_ops.cli.spreading import spread_over
from ingenious_ops.transfer.conversation_files import find
from ingenious_ops.transfer.conversations import Export, Import, Outcome
from ingenious_storage.errors import AlreadyExistsError, NotFoundError

if TYPE_CHECKING:
    from collections.abc import Iterable

    from ingenious_ops.cli.session import Session
    from ingenious_ops.transfer.conversation_files import Layout

_LAYOUTS: Final = click.Choice(["auto", "json", "ingenious"])


@click.command("import", cls=Command)
@click.argument("place", metavar="PATH", type=click.Path(exists=True, path_type=Path))
@click.option(
    "--layout",
    type=_LAYOUTS,
    default="auto",
    show_default=True,
    help="json: *.json; ingenious: context.md of the Ingenious framework.",
)
@author_option
@pass_session
def import_(session: Session, place: Path, layout: Layout, author: str | None) -> None:
    """Save memories from files.

    PATH is a folder, or one file. A JSON file is a conversation: its id is in the file, or is the
    name of the file. In the layout of the Ingenious framework memory/THREAD/context.md is the
    memory of THREAD, and memory/context.md that of _shared. A workspace, with conversations/ and
    memory/, gives both.

    What is stored already is not written again.
    """
    sources = find(place, layout)
    if not sources:
        raise NotFoundError(f"no conversations in {place}", hint="Check the path and --layout.")
    outcomes = Import(session.memory, author).run(sources)
    _finish(session, {"source": str(place)}, outcomes, len(sources), "importing")


@click.command(cls=Command)
@click.argument("directory", metavar="DIR", type=click.Path(file_okay=False, path_type=Path))
@click.argument(
    "conversations",
    nargs=-1,
    metavar="[CONVERSATION]...",
    shell_complete=complete.conversations,
)
@click.option(
    "--layout",
    type=_LAYOUTS,
    default="json",
    show_default=True,
    help="auto: Markdown for what has that form, JSON for the rest.",
)
@click.option("--force", is_flag=True, help="Also into a folder that is not empty.")
@executor_options
@pass_session
def export(
    session: Session,
    /,
    directory: Path,
    conversations: tuple[str, ...],
    layout: Layout,
    *,
    force: bool,
    **executor: Any,
) -> None:
    """Write memories as files.

    All of them, or the CONVERSATIONs that are named; the newest revision of each. Other processes
    and a cluster read them; this process writes the files.
    """
    if not force and directory.is_dir() and any(directory.iterdir()):
        raise AlreadyExistsError(f"{directory} is not empty", hint="Choose another, or --force.")
    with spread_over(session, **executor) as spread:
        named = dict.fromkeys(conversations)
        names = named or session.memory.list_conversations()
        files = Export(session.memory, directory, layout)
        if spread is None:
            outcomes = files.run(names)
        else:
            outcomes = files.write(spread.conversations(names, layout))
        _finish(session, {"directory": str(directory)}, outcomes, len(named) or None, "exporting")


def _finish(
    session: Session,
    about: dict[str, Any],
    outcomes: Iterable[Outcome],
    total: int | None,
    label: str,
) -> None:
    """`total` is None where it is not known before: there may be more than memory holds."""
    counts: Counter[str] = Counter()
    failed: list[Exception] = []
    shown: list[dict[str, Any]] = []
    with (
        progress(session.out, label, total) as advance,
        telling_if_interrupted(session.out, label, counts.total, total),
    ):
        for outcome in outcomes:
            counts[outcome.status] += 1
            if outcome.error is not None:
                failed.append(outcome.error)
            if session.out.json:
                shown.append(_json(outcome))
            session.out.detail(f"{outcome.status}: {outcome.conversation or outcome.path}")
            advance(1)
    record = {**about, "counts": dict(counts), "conversations": shown}
    session.out.answer(record, lambda: show_all(failed))
    parts = [f"{number} {status}" for status, number in counts.items()]
    done = count(counts.total(), "conversation")
    session.out.say(f"{done}: {', '.join(parts) or 'nothing to do'}")
    if failed:
        click.get_current_context().exit(common_code(failed))


def _json(outcome: Outcome) -> dict[str, Any]:
    return {
        "conversation": outcome.conversation,
        "status": outcome.status,
        "path": None if outcome.path is None else str(outcome.path),
        "revision": outcome.revision,
        "error": None if outcome.error is None else describe(outcome.error),
    }
