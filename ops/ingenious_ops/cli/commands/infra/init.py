"""`ingenious-storage infra init`."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from ingenious_ops.cli.groups import Command
from ingenious_ops.cli.session import pass_session
from ingenious_ops.infra.program import write_program

if TYPE_CHECKING:
    from ingenious_ops.cli.session import Session


@click.command(cls=Command)
@click.argument("directory", metavar="DIR", type=click.Path(file_okay=False, path_type=Path))
@click.option("--force", is_flag=True, help="Replace the files that are there.")
@pass_session
def init(session: Session, directory: Path, *, force: bool) -> None:
    """Write the Pulumi program into a folder.

    It is the program of this release, with settings for dev, test and prod to adapt.
    """
    paths = [str(path) for path in write_program(directory, force=force)]
    session.out.done(
        {"directory": str(directory), "files": paths}, f"wrote {len(paths)} files to {directory}"
    )
    session.out.say(f"next: ingenious-storage infra preview --stack dev --program {directory}")
