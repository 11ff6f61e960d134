"""`index sync`, `index rebuild` and `index status`."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any

import click

from ingenious_ops.cli.commands.index.options import plain_index_option
from ingenious_ops.cli.errors import describe
from ingenious_ops.cli.executors import executor_options
from ingenious_ops.cli.groups import Command
from ingenious_ops.cli.output import count, table
from ingenious_ops.cli.output.progress import telling, telling_if_interrupted
from ingenious_ops.cli.session import pass_session
from ingenious_ops.cli.spreading import spread_over
from ingenious_ops.times import timestamp

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from ingenious_ops.cli.session import Session
    from ingenious_storage import StorageError
    from ingenious_storage.catalogue import CatalogueStatus, SyncReport
    from ingenious_storage.config import Role


@click.command(cls=Command)
@plain_index_option
@pass_session
def sync(session: Session) -> None:
    """Read what has changed since the last one.

    It lists the containers, and makes a request for each document that changed. The first one
    reads every document, or begins with what `index publish` has put there. One that was
    interrupted goes on where it was.
    """
    _keep(session, session.storage.catalogue.sync)


@click.command(cls=Command)
@plain_index_option
@executor_options
@pass_session
def rebuild(session: Session, /, **executor: Any) -> None:
    """Throw the index away, and read every document.

    Whatever the file holds, and whatever is published. Other processes and a cluster read the
    documents; this one writes the index.
    """
    with spread_over(session, **executor) as spread:
        read = None if spread is None else spread.read
        _keep(session, partial(session.storage.catalogue.rebuild, spread=read))


@click.command(cls=Command)
@plain_index_option
@pass_session
def status(session: Session) -> None:
    """Say what the index holds, and of when it is.

    Nothing is asked of the store.
    """
    found = session.storage.catalogue.status()
    synced_at = None if found.synced_at is None else timestamp(found.synced_at)
    record = {
        "path": str(found.path),
        "documents": found.documents,
        "bytes": found.bytes,
        "synced_at": synced_at,
        "complete": found.complete,
    }
    rows = [
        ("file", found.path),
        ("documents", found.documents),
        ("bytes", found.bytes),
        ("synced", synced_at or "never"),
        ("last sync", _ended(found)),
    ]
    session.out.answer(record, lambda: table(("what", "value"), rows))


def _ended(found: CatalogueStatus) -> str:
    if found.complete:
        return "came to its end"
    if found.synced_at is None and not found.documents:
        return "none yet: `index sync` makes the index"
    return "did not come to its end: `index sync` goes on"


def _keep(session: Session, call: Callable[..., SyncReport]) -> None:
    read = 0
    with telling(session.out, "syncing") as tell:

        def progress(listed: int, now: int) -> None:
            nonlocal read
            read = now
            tell(f"{count(listed, 'document')} listed, {now} read")

        with telling_if_interrupted(session.out, "syncing", lambda: read):
            report = call(progress=progress)
    _tell(session, report)


def _tell(session: Session, report: SyncReport) -> None:
    record = {
        "path": str(session.storage.catalogue.path),
        "listed": report.listed,
        "read": report.read,
        "removed": report.removed,
        "damaged": report.damaged,
        "unreadable": list(report.unreadable),
        "refused": refusals(report.refused),
        "from_snapshot": report.from_snapshot,
    }
    begun = ", the rest from a snapshot" if report.from_snapshot else ""
    session.out.done(
        record,
        f"{count(report.listed, 'document')} listed, {report.read} read{begun}, "
        f"{report.removed} removed",
    )
    for key in report.unreadable:
        session.out.warn(f"cannot be read, and is left as it was: {key}")
    if report.damaged:
        session.out.warn(f"{count(report.damaged, 'document')} damaged: `verify` says more")
    warn_refused(session, report.refused)


def refusals(refused: Mapping[Role, StorageError]) -> list[dict[str, Any]]:
    """Containers that refused, for `--json`."""
    return [{"role": role, **describe(error)} for role, error in refused.items()]


def warn_refused(session: Session, refused: Mapping[Role, StorageError]) -> None:
    """The same for people. No failure: many an identity is for one container only."""
    for role, error in refused.items():
        session.out.warn(f"the container of the {role} refused: {error} [{error.code}]")
