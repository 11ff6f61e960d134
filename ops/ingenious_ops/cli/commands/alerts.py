"""`ingenious-storage alerts`."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Final

import click

from ingenious_ops.cli.groups import Command, Group
from ingenious_ops.cli.output import count
from ingenious_ops.cli.session import pass_session

if TYPE_CHECKING:
    from ingenious_ops.cli.session import Session

_COMMANDS: Final = {
    "export": ("alerts:export", "Write the rules, the dashboard and the runbooks into a folder."),
}


@click.group(cls=Group, package="ingenious_ops.cli.commands", lazy=_COMMANDS)
def alerts() -> None:
    """Alert rules, dashboard and runbooks for Prometheus and Grafana."""


@alerts.command(cls=Command)
@click.argument("directory", metavar="DIR", type=click.Path(file_okay=False, path_type=Path))
@click.option("--runbooks", metavar="URL", help="Where your copy of the runbooks can be read.")
@click.option("--grafana", metavar="URL", help="The address of your Grafana.")
@click.option("--force", is_flag=True, help="Replace the files that are there.")
@pass_session
def export(
    session: Session, directory: Path, runbooks: str | None, grafana: str | None, *, force: bool
) -> None:
    """Write the rules, the dashboard and the runbooks into a folder.

    They are those of this release. Alerts link to their runbook below the URL of --runbooks, and
    to the dashboard at the URL of --grafana. All files are written, or none.

    \b
    ingenious-storage alerts export monitoring
    ingenious-storage alerts export monitoring --grafana https://grafana.example.org --force
    """
    from ingenious_ops.monitoring import monitoring_files  # noqa: PLC0415  # help is fast without
    from ingenious_ops.shipped import write_files  # noqa: PLC0415

    files = monitoring_files(runbooks=runbooks, grafana=grafana)
    paths = [str(path) for path in write_files(files, directory, force=force)]
    session.out.done(
        {"directory": str(directory), "files": paths},
        f"wrote {count(len(paths), 'file')} to {directory}",
    )
    session.out.say("next: ingenious-storage explain monitoring")
