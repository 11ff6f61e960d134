"""The command that destroys keys: it asks first."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING, Any, Final

import click

from ingenious_ops.cli.commands.keys.containers import (
    container_option,
    end_if_refused,
    refusals,
)
from ingenious_ops.cli.groups import Command
from ingenious_ops.cli.output import count
from ingenious_ops.cli.parameters import (
    confirm,
    dry_run_option,
    duration,
    require_yes_without_terminal,
    yes_option,
)
from ingenious_ops.cli.session import pass_session
from ingenious_ops.times import timestamp
from ingenious_storage.services.by_container import Attempted, attempted
from ingenious_storage.services.keys import GRACE

if TYPE_CHECKING:
    from datetime import timedelta

    from ingenious_ops.cli.session import Session
    from ingenious_storage.config import Role
    from ingenious_storage.services.keys import KeysDestroyed

_UNREADABLE: Final = "Destroy all keys of {what}, so that nothing there can be read, for good?"


@click.command(cls=Command)
@click.argument("master_id", required=False)
@click.option("--everything", is_flag=True, help="All keys: nothing can be read any more.")
@container_option
@click.option(
    "--grace",
    type=duration,
    default=GRACE,
    metavar="DURATION",
    help="Refuse while the last rotation is younger: a process may not know of it. 1h by default.",
)
@dry_run_option
@yes_option
@pass_session
def destroy(
    session: Session,
    master_id: str | None,
    container: Role | None,
    grace: timedelta,
    *,
    everything: bool,
    dry_run: bool,
    yes: bool,
) -> None:
    """Destroy a master key, or all keys, for good.

    A master key that still wraps anything, or that new documents use, is refused. With
    --everything what the containers hold is erased by its keys; stop all that writes there first.
    """
    if everything == (master_id is not None):
        raise click.UsageError("give MASTER_ID or --everything")
    if not dry_run:
        require_yes_without_terminal(yes=yes)
    keys = session.storage.keys
    if master_id is not None:
        # A refusal comes before the question.
        keys.destroy(master_id, container, grace=grace, dry_run=True)
        if not dry_run:
            confirm(f"Destroy the master key {master_id}, for good?", yes=yes)
        done = keys.destroy(master_id, container, grace=grace, dry_run=dry_run)
        _answer(session, Attempted(done, {}), dry_run=dry_run)
        return
    if not dry_run:
        confirm(_UNREADABLE.format(what=container or "both containers"), yes=yes)
    found = attempted(lambda role: keys.destroy_everything(role, dry_run=dry_run)[role], container)
    _answer(session, found, dry_run=dry_run)
    end_if_refused(session, found.refused)


def _answer(session: Session, found: Attempted[KeysDestroyed], *, dry_run: bool) -> None:
    record = {
        "dry_run": dry_run,
        "containers": [_json(role, each) for role, each in found.done.items()],
        "refused": refusals(found.refused),
    }
    verb = "would destroy" if dry_run else "destroyed"
    lines = [
        f"{role}: {verb} {count(len(each.masters), 'master key')}, "
        f"{count(each.documents, 'document key')}"
        + (", and the key of all other blobs" if each.container_key else "")
        for role, each in found.done.items()
    ]
    session.out.answer(record, lambda: None)
    for line in lines:
        session.out.say(line)
    for role, each in found.done.items():
        if each.recoverable_until is not None:
            until = timestamp(each.recoverable_until, seconds=True)
            session.out.say(f"{role}: the account may bring them back until {until}")


def _json(role: Role, each: KeysDestroyed) -> dict[str, Any]:
    moments = {
        name: None if moment is None else timestamp(moment)
        for name, moment in (
            ("destroyed_at", each.destroyed_at),
            ("recoverable_until", each.recoverable_until),
        )
    }
    return {"role": role, **asdict(each), **moments}
