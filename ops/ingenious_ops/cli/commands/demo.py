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
    "application": ("demo:application", "Write a small application that keeps its data in files."),
    "workspace": ("demo:workspace", "Write a small workspace to try commands with."),
}


@click.group(cls=Group, package="ingenious_ops.cli.commands", lazy=_COMMANDS)
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
    _write(session, directory, {".": "examples/workspace"}, force=force)
    session.out.say(f"next: ingenious-storage memory import {directory}")


@demo.command(cls=Command)
@click.argument("directory", metavar="DIR", type=click.Path(file_okay=False, path_type=Path))
@click.option("--force", is_flag=True, help="Replace the files that are there.")
@pass_session
def application(session: Session, directory: Path, *, force: bool) -> None:
    """Write a small application that keeps its data in files.

    It is what the page `migration` moves to a storage: code in src/, and in .files/ what
    `demo workspace` writes. All files are written, or none.
    """
    places = {"src": "examples/application/src", ".files": "examples/workspace"}
    _write(session, directory, places, force=force)
    session.out.say("next: ingenious-storage explain migration")


def _write(session: Session, directory: Path, places: dict[str, str], *, force: bool) -> None:
    """Into each folder of `directory` what a folder of the release holds."""
    from ingenious_ops.shipped import shipped, write_files  # noqa: PLC0415  # help is fast without

    files: dict[Path, bytes] = {}
    for place, source in places.items():
        found = sorted(path for path in shipped(source).rglob("*") if path.is_file())
        for path in found:
            if path.parent.name != "__pycache__":
                files[Path(place) / path.relative_to(shipped(source))] = path.read_bytes()
    paths = [str(path) for path in write_files(files, directory, force=force)]
    session.out.done(
        {"directory": str(directory), "files": paths},
        f"wrote {count(len(paths), 'file')} to {directory}",
    )
