"""`ingenious-storage verify` and `gc`."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING, Any, Final

import click

from ingenious_ops.cli.errors import FAILED, WARNINGS
from ingenious_ops.cli.groups import Command
from ingenious_ops.cli.output import count, table
from ingenious_ops.cli.parameters import (
    confirm,
    dry_run_option,
    duration,
    require_yes_without_terminal,
    yes_option,
)
from ingenious_ops.cli.progress import progress
from ingenious_ops.cli.session import pass_session
from ingenious_ops.survey import Sweep, Verified, sweep, verify_all
from ingenious_storage.documents.erasing.gc import GRACE

if TYPE_CHECKING:
    from datetime import timedelta

    from ingenious_ops.cli.session import Session

_PROBLEMS: Final = ("container", "key", "code", "problem")


@click.command(cls=Command)
@click.option("--strict", is_flag=True, help="Strays are a failure too (exit code 5).")
@pass_session
def verify(session: Session, *, strict: bool) -> None:
    """Rebuild and check every revision that is stored.

    Problems (a revision that cannot be rebuilt, a hole in a history, a document that has lost its
    head, which `repair` may bring back) fail with exit code 1; all of them are listed.
    Strays, which belong to no document and harm none, are warnings; `gc` deletes them.
    """
    with progress(session.out, "verifying"):
        found = verify_all(session.storage)
    problems = [
        (each.role, problem.key, problem.code, problem.message)
        for each in found
        for problem in each.report.problems
    ]
    strays = [(each.role, key) for each in found for key in each.report.strays]
    session.out.answer(_verified_json(found), lambda: table(_PROBLEMS, problems))
    for role, key in strays:
        session.out.warn(f"stray in {role}: {key}")
    documents = sum(each.report.documents for each in found)
    revisions = sum(each.report.revisions for each in found)
    session.out.say(
        f"{count(documents, 'document')}, {count(revisions, 'revision')} rebuilt and checked: "
        f"{count(len(problems), 'problem')}, {count(len(strays), 'stray')}"
    )
    if problems or (strays and strict):
        click.get_current_context().exit(FAILED if problems else WARNINGS)


@click.command(cls=Command)
@click.option(
    "--grace",
    type=duration,
    default=GRACE,
    metavar="DURATION",
    help="Leave what is younger: a commit may be on its way. 1d by default.",
)
@dry_run_option
@yes_option
@pass_session
def gc(session: Session, grace: timedelta, *, dry_run: bool, yes: bool) -> None:
    """Delete what belongs to no document.

    That is what a crash left, or a branch of a history whose head was restored from a backup. A
    document with a problem keeps all that it has.
    """
    if not dry_run:
        require_yes_without_terminal(yes=yes)
    swept = sweep(session.storage, grace, dry_run=dry_run or not yes)
    if not (dry_run or yes) and swept.count:
        confirm(f"Delete {count(swept.count, 'stray')}, {swept.bytes} bytes, for good?", yes=False)
        swept = sweep(session.storage, grace, dry_run=False)
    session.out.answer(
        _swept_json(swept, dry_run=dry_run), lambda: table(("container", "key"), swept.rows)
    )
    verb = "would delete" if dry_run else "deleted"
    session.out.say(f"{verb} {count(swept.count, 'stray')}, {swept.bytes} bytes")


def _verified_json(found: list[Verified]) -> dict[str, Any]:
    return {
        "containers": [
            {"role": each.role, "container": each.container, **asdict(each.report)}
            for each in found
        ],
        "problems": sum(len(each.report.problems) for each in found),
        "strays": sum(len(each.report.strays) for each in found),
    }


def _swept_json(swept: Sweep, *, dry_run: bool) -> dict[str, Any]:
    return {
        "dry_run": dry_run,
        "deleted": [{"container": role, "key": key} for role, key in swept.rows],
        "bytes": swept.bytes,
    }
