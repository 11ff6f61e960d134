"""`ingenious-storage infra profile`."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from ingenious_ops.cli.commands.infra.stack import open_stack, program_option, stack_option
from ingenious_ops.cli.errors import NotConfirmed
from ingenious_ops.cli.groups import Command
from ingenious_ops.cli.output import show_diff
from ingenious_ops.cli.parameters import is_interactive, yes_option
from ingenious_ops.cli.session import pass_session
from ingenious_ops.infra.program import short

if TYPE_CHECKING:
    from ingenious_ops.cli.session import Session
    from ingenious_ops.profiles.edit import Edit


@click.command(cls=Command)
@stack_option
@program_option
@click.option(
    "--outputs",
    "file",
    metavar="FILE",
    type=click.Path(dir_okay=False, path_type=Path),
    help="JSON of `pulumi stack output --json`, instead of asking Pulumi.",
)
@click.option("--name", metavar="NAME", help="Of the profile; the stack's by default.")
@yes_option
@pass_session
def profile(
    session: Session,
    stack: str,
    directory: Path | None,
    file: Path | None,
    name: str | None,
    *,
    yes: bool,
) -> None:
    """Write the outputs as a profile of profiles.yml.

    The file is the one of --profiles, INGENIOUS_PROFILES, or ./profiles.yml; comments and other
    profiles stay. It shows the difference first, and asks. No key is ever written.
    """
    edit = _edit(session, stack, directory, file, name or short(stack))
    out, answer = session.out, {"profile": name or short(stack), "file": str(edit.path)}
    if not edit.changed:
        out.done({**answer, "changed": False, "diff": ""}, f"unchanged: {edit.path}")
        return
    if not out.json:
        show_diff(edit.diff())
    _confirm(edit, yes=yes)
    edit.write()
    out.done({**answer, "changed": True, "diff": edit.diff()}, f"wrote {edit.path}")
    out.say(f"next: ingenious-storage config show --explain --profile {answer['profile']}")


def _edit(
    session: Session, stack: str, directory: Path | None, file: Path | None, name: str
) -> Edit:
    from ingenious_ops.infra.connection import storage_section  # noqa: PLC0415  # slow
    from ingenious_ops.profiles.edit import edit_profile  # noqa: PLC0415  # slow
    from ingenious_storage.config import read_variables  # noqa: PLC0415  # slow

    named = read_variables(Path()).chosen(session.configuration.profiles, "INGENIOUS_PROFILES")
    path = Path("profiles.yml" if named is None else named.text)
    found = _outputs(stack, directory, file)
    return edit_profile(path.expanduser(), name, storage_section(found))


def _outputs(stack: str, directory: Path | None, file: Path | None) -> dict[str, Any]:
    if file is None:
        return open_stack(stack, directory, settings=False).outputs()
    from ingenious_ops.infra.connection import read_outputs  # noqa: PLC0415  # slow

    try:
        return read_outputs(file)
    except OSError as error:
        raise click.UsageError(f"cannot read {file}: {error.strerror}") from error


def _confirm(edit: Edit, *, yes: bool) -> None:
    if yes:
        return
    if not is_interactive():
        raise click.UsageError("this writes a file, and nobody is there to ask: add --yes")
    if not click.confirm(f"Write {edit.path}?", err=True):
        raise NotConfirmed
