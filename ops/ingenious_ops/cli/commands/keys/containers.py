"""Which container's keys a command is about, and what it says of one that refuses."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from ingenious_ops.cli.errors import common_code, describe, show

if TYPE_CHECKING:
    from collections.abc import Mapping

    from ingenious_ops.cli.session import Session
    from ingenious_storage.config import Role
    from ingenious_storage.errors import StorageError

container_option = click.option(
    "--container", type=click.Choice(("data", "revisions")), help="This one; else both."
)


def refusals(refused: Mapping[Role, StorageError]) -> list[dict[str, Any]]:
    """As JSON, of the containers that were left as they are."""
    return [{"role": role, **describe(error)} for role, error in refused.items()]


def end_if_refused(session: Session, refused: Mapping[Role, StorageError]) -> None:
    """Tell of containers that refused, after what was done in the other was shown; not code 0."""
    if not refused:
        return
    if not session.out.json:
        for role, error in refused.items():
            other = "revisions" if role == "data" else "data"
            session.out.say(f"{role}: refused; `--container {other}` leaves it out")
            show(error)
    click.get_current_context().exit(common_code(refused.values()))
