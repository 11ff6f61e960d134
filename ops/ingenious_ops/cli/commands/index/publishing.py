"""`index publish`."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from ingenious_ops.cli.commands.index.keeping import refusals, warn_refused
from ingenious_ops.cli.groups import Command
from ingenious_ops.cli.output import count, table
from ingenious_ops.cli.output.progress import telling
from ingenious_ops.cli.session import pass_session
from ingenious_ops.times import timestamp

if TYPE_CHECKING:
    from ingenious_ops.cli.session import Session


@click.command(cls=Command)
@pass_session
def publish(session: Session) -> None:
    """Put snapshots into the containers, for new machines.

    The first `index sync` of a machine begins with them. Each container gets what is in it, in
    place of what was published before. It syncs first. Refused while encryption is on: a snapshot
    would keep the text of what is erased later.
    """
    with telling(session.out, "publishing") as tell:
        found = session.storage.catalogue.publish(
            progress=lambda listed, read: tell(f"{count(listed, 'document')} listed, {read} read")
        )
    snapshots = [
        {
            "role": role,
            "key": each.key,
            "bytes": each.bytes,
            "documents": each.documents,
            "synced_at": timestamp(each.synced_at),
        }
        for role, each in found.done.items()
    ]
    rows = [(each["role"], each["documents"], each["bytes"], each["key"]) for each in snapshots]
    record = {"snapshots": snapshots, "refused": refusals(found.refused)}
    session.out.answer(record, lambda: table(("container", "documents", "bytes", "key"), rows))
    if not snapshots:
        session.out.say("no container is there: nothing was published")
    warn_refused(session, found.refused)
