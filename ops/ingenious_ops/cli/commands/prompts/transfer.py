"""Commands that move prompt sets between a storage and folders."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from ingenious_ops.cli import complete
from ingenious_ops.cli.commands.prompts.ref import Ref, Resolved, parse_ref
from ingenious_ops.cli.errors import FAILED, describe, show_all
from ingenious_ops.cli.executors import executor_options
from ingenious_ops.cli.groups import Command
from ingenious_ops.cli.output import count
from ingenious_ops.cli.output.progress import progress, telling_if_interrupted
from ingenious_ops.cli.parameters import note_options
from ingenious_ops.cli.session import pass_session
from ingenious_ops.cli.spreading import spread_over
from ingenious_ops.transfer.prompt_exports import SetRevision, load_sets
from ingenious_ops.transfer.prompt_folders import find_sets
from ingenious_storage.errors import (
    AlreadyExistsError,
    CorruptObjectError,
    InvalidDataError,
    NotFoundError,
    PromptNotFoundError,
)
from ingenious_storage.services.prompt_files import left_out, write_directory

if TYPE_CHECKING:
    from ingenious_ops.cli.session import Session
    from ingenious_ops.spread.spreading import Spread
    from ingenious_storage import PromptLibrary


@click.command("import", cls=Command)
@click.argument(
    "directory", metavar="DIR", type=click.Path(exists=True, file_okay=False, path_type=Path)
)
@click.option(
    "--set", "name", metavar="SET", shell_complete=complete.sets, help="Take DIR as this one set."
)
@note_options
@pass_session
def import_(
    session: Session, directory: Path, name: str | None, author: str | None, message: str | None
) -> None:
    """Make sets of folders of prompts.

    A folder of files is one set, named like it. A folder of folders is a set for each, and so is
    a workspace of the Ingenious framework, with its templates/prompts/REVISION/. A set becomes
    what its folder holds, in one revision; one that is the same already stays untouched. Hidden
    files and links are left out and listed; prompts that they stand for stay as they are.
    """
    found = find_sets(directory, name)
    imported: list[dict[str, Any]] = []
    total = len(found)
    with (
        progress(session.out, "importing", total) as advance,
        telling_if_interrupted(session.out, "importing", lambda: len(imported), total),
    ):
        for set_name, folder in found.items():
            before = _newest(session.prompts, set_name)
            made = session.prompts.import_directory(
                set_name, folder, author=author, message=message
            )
            status = _status(before, made.number)
            about = {"set": set_name, "status": status, "revision": made.number}
            imported.append({**about, "left_out": left_out(folder)})
            advance(1)
    session.out.answer({"source": str(directory), "sets": imported}, lambda: None)
    for record in imported:
        session.out.say("{set}: {status}, revision {revision}".format_map(record))
        for entry in record["left_out"]:
            session.out.warn(f"left out of {record['set']}: {entry}, hidden or a link")


@click.command(cls=Command)
@click.argument("directory", metavar="DIR", type=click.Path(file_okay=False, path_type=Path))
@click.option(
    "--set",
    "ref",
    type=parse_ref,
    shell_complete=complete.refs,
    metavar="REF",
    help="Only this one, directly into DIR.",
)
@click.option("--force", is_flag=True, help="Replace files that are there.")
@executor_options
@pass_session
def export(
    session: Session, /, directory: Path, ref: Ref | None, *, force: bool, **executor: Any
) -> None:
    """Write prompts as files.

    Each set into a folder of DIR that is named like it; `import` reads it back. Other processes
    and a cluster read the sets; this process writes the files.
    """
    with spread_over(session, **executor) as spread:
        _export(session, directory, ref, spread, force=force)


def _export(
    session: Session, directory: Path, ref: Ref | None, spread: Spread | None, *, force: bool
) -> None:
    library = session.prompts
    if ref is None:
        places = {Resolved(name, None): directory / name for name in library.list_sets()}
    else:
        places = {ref.resolve(library): directory}
    wanted = [SetRevision(each.set, each.revision) for each in places]
    loaded = load_sets(library, wanted) if spread is None else spread.sets(wanted)
    exported: list[dict[str, Any]] = []
    failed: dict[str, Exception] = {}
    total = len(places)
    with (
        progress(session.out, "exporting", total) as advance,
        telling_if_interrupted(session.out, "exporting", lambda: len(exported), total),
    ):
        for (resolved, folder), found in zip(places.items(), loaded, strict=True):
            try:
                paths = write_directory(folder, found.files(), overwrite=force)
            except AlreadyExistsError:
                raise
            except (CorruptObjectError, InvalidDataError, NotFoundError, OSError) as error:
                if ref is not None:
                    raise
                failed[resolved.set] = error
            else:
                exported.append(_export_json(resolved, paths))
            advance(1)
    failures = [{"set": name, **describe(error)} for name, error in failed.items()]
    content = {"directory": str(directory), "sets": exported, "failures": failures}
    session.out.answer(content, lambda: show_all(failed.values()))
    for record in exported:
        session.out.say(f"{record['set']}: {count(len(record['files']), 'file')}")
    if failed:
        session.out.say(f"{count(len(failed), 'set')} not exported: {', '.join(failed)}")
        click.get_current_context().exit(FAILED)


def _newest(library: PromptLibrary, name: str) -> int:
    try:
        return library.history(name, limit=1)[0].number
    except PromptNotFoundError:
        return 0


def _status(before: int, now: int) -> str:
    if before == now:
        return "unchanged"
    return "updated" if before else "created"


def _export_json(resolved: Resolved, paths: list[Path]) -> dict[str, Any]:
    return {
        "set": resolved.set,
        "revision": resolved.number,
        "files": [str(path) for path in paths],
    }
