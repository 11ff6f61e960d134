"""`ingenious-storage init` and `completion`."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click
from click.shell_completion import get_completion_class

from ingenious_ops.cli.groups import Command
from ingenious_ops.cli.output import emit
from ingenious_ops.cli.session import pass_session

if TYPE_CHECKING:
    from ingenious_ops.cli.session import Session


@click.command(cls=Command)
@click.argument(
    "directory",
    metavar="[DIR]",
    default=".",
    type=click.Path(file_okay=False, path_type=Path),
)
@click.option("--force", is_flag=True, help="Replace the files that are there.")
@pass_session
def init(session: Session, directory: Path, *, force: bool) -> None:
    """Write config.yml, profiles.yml and .env.example.

    Into DIR, or the current folder: all three of them, or none.
    """
    from ingenious_storage.config import init_files  # noqa: PLC0415  # completion is fast without

    paths = [str(path) for path in init_files(directory, force=force)]
    session.out.done({"files": paths}, f"wrote {', '.join(paths)}")
    session.out.say("next: ingenious-storage config show --explain")


@click.command(cls=Command)
@click.argument("shell", metavar="SHELL", type=click.Choice(["bash", "zsh", "fish"]))
@pass_session
def completion(session: Session, shell: str) -> None:
    """Print the completion script of a shell.

    SHELL is bash, zsh or fish.

    \b
    bash: eval "$(ingenious-storage completion bash)"       in ~/.bashrc
    zsh:  eval "$(ingenious-storage completion zsh)"        in ~/.zshrc
    fish: ingenious-storage completion fish | source        in ~/.config/fish/config.fish
    """
    root = click.get_current_context().find_root()
    kind = get_completion_class(shell)
    assert kind is not None
    name = root.info_name or ""
    source = kind(root.command, {}, name, f"_{name.replace('-', '_').upper()}_COMPLETE").source()
    session.out.answer({"shell": shell, "script": source}, lambda: emit(source))
