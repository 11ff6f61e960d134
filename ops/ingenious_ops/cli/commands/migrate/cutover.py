"""`ingenious-storage migrate cutover`."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from ingenious_ops.cli import complete
from ingenious_ops.cli.errors import NotConfirmed
from ingenious_ops.cli.groups import Command
from ingenious_ops.cli.output import show_diff
from ingenious_ops.cli.parameters import is_interactive, yes_option
from ingenious_ops.cli.session import pass_session
from ingenious_ops.migrate.cutover import prepare_cutover

if TYPE_CHECKING:
    from ingenious_ops.cli.session import Session


@click.command(cls=Command)
@click.option(
    "--to",
    "to",
    metavar="PROFILE",
    required=True,
    shell_complete=complete.profiles,
    help="Whose storage it gets.",
)
@click.option(
    "--report",
    "reports",
    multiple=True,
    metavar="FILE",
    type=click.Path(dir_okay=False, path_type=Path),
    help="Of `migrate verify`; may be repeated. [default: those in .ingenious]",
)
@click.option("--unverified", is_flag=True, help="Without a report that all has arrived.")
@yes_option
@pass_session
def cutover(
    session: Session, to: str, reports: tuple[Path, ...], *, unverified: bool, yes: bool
) -> None:
    """Send an application to its new storage.

    The profile of --profile gets the storage of PROFILE; what it had is kept as
    NAME-before-migration, and `rollback` puts it back. It is refused without a verification
    report that passed, or when something was copied since. It shows the difference, and asks.
    """
    out, name = session.out, application_profile(session)
    if name == to:
        raise click.UsageError(f"{name} is the profile of --profile too: --to names the new one")
    made = prepare_cutover(session.configuration, name, to, reports=reports, unverified=unverified)
    record: dict[str, Any] = {"profile": name, "to": to}
    if made is None:
        record |= {"file": None, "kept": None, "changed": False, "verified": None, "reports": []}
        out.done({**record, "diff": ""}, f"unchanged: {name} has the storage of {to} already")
        return
    if unverified:
        out.warn(f"NOT VERIFIED: nothing shows that {to} holds what {name} has now")
    if not out.json:
        show_diff(made.edit.diff())
    confirm_write(made.edit.path, yes=yes)
    made.apply(datetime.now(UTC))
    record |= {
        "file": str(made.edit.path),
        "kept": made.kept,
        "changed": True,
        "verified": not unverified,
        "reports": [str(proof.path) for proof in made.proofs],
        "diff": made.edit.diff(),
    }
    out.done(record, f"wrote {made.edit.path}: {name} uses the storage of {to}")
    out.say(f"what it had is kept as {made.kept}; restart the application")
    out.say(f"next: ingenious-storage doctor --profile {name}")


def application_profile(session: Session) -> str:
    """The profile that the application uses. Raises: UsageError."""
    found = session.configuration.profile
    if found is None:
        found = session.settings.profile
    if found is None:
        raise click.UsageError("say which profile the application uses: --profile NAME")
    return found


def confirm_write(path: Path, *, yes: bool) -> None:
    """Raises: UsageError without a terminal; NotConfirmed."""
    if yes:
        return
    if not is_interactive():
        raise click.UsageError("this writes a file, and nobody is there to ask: add --yes")
    if not click.confirm(f"Write {path}?", err=True):
        raise NotConfirmed
