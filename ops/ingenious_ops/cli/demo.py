"""`ingenious-storage demo`."""

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
    "workspace": ("demo:workspace", "Write a small workspace to try commands with."),
}


@click.group(cls=Group, package="ingenious_ops.cli", lazy=_COMMANDS)
def demo() -> None:
    """Files to try things with."""


@demo.command(cls=Command)
@click.argument("directory", metavar="DIR", type=click.Path(file_okay=False, path_type=Path))
@click.option("--force", is_flag=True, help="Replace the files that are there.")
@pass_session
def workspace(session: Session, directory: Path, *, force: bool) -> None:
    """Write a small workspace to try commands with.

    It has the folders of the Ingenious framework, memory/ and templates/prompts/, and
    conversations/ as JSON. All files are written, or none.

    \b
    ingenious-storage demo workspace workspace
    ingenious-storage memory import workspace
    """
    from ingenious_ops.shipped import shipped, write_files  # noqa: PLC0415  # help is fast without

    source = shipped("examples/workspace")
    names = sorted(path.relative_to(source) for path in source.rglob("*") if path.is_file())
    files = {name: (source / name).read_bytes() for name in names}
    paths = [str(path) for path in write_files(files, directory, force=force)]
    session.out.done(
        {"directory": str(directory), "files": paths},
        f"wrote {count(len(paths), 'file')} to {directory}",
    )
    session.out.say(f"next: ingenious-storage memory import {directory}")
