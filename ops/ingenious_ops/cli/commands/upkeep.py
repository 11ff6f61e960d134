"""`ingenious-storage verify` and `gc`."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING, Any, Final

import click

from ingenious_ops.cli.errors import FAILED, WARNINGS
from ingenious_ops.cli.executors import executor_options
from ingenious_ops.cli.groups import Command
from ingenious_ops.cli.output import count, table
from ingenious_ops.cli.output.progress import progress
from ingenious_ops.cli.parameters import (
    confirm,
    dry_run_option,
    duration,
    require_yes_without_terminal,
    yes_option,
)
from ingenious_ops.cli.session import pass_session
from ingenious_ops.cli.spreading import spread_over
from ingenious_storage.documents import GRACE

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import timedelta

    from ingenious_ops.cli.session import Session
    from ingenious_storage import Storage
    from ingenious_storage.config import Role
    from ingenious_storage.documents import GcReport, VerifyReport

_PROBLEMS: Final = ("container", "key", "code", "problem")


@click.command(cls=Command)
@click.option("--strict", is_flag=True, help="Strays are a failure too (exit code 5).")
@executor_options
@pass_session
def verify(session: Session, /, *, strict: bool, **executor: Any) -> None:
    """Rebuild and check every revision that is stored.

    Problems (a revision that cannot be rebuilt, a hole in a history, a document that has lost its
    head, which `repair` may bring back) fail with exit code 1; all of them are listed.
    Strays, which belong to no document and harm none, are warnings; `gc` deletes them.
    """
    found = _verified(session, **executor)
    problems = [
        (role, problem.key, problem.code, problem.message)
        for role, report in found.items()
        for problem in report.problems
    ]
    strays = [(role, key) for role, report in found.items() for key in report.orphans]
    session.out.answer(_verified_json(session.storage, found), lambda: table(_PROBLEMS, problems))
    for role, key in strays:
        session.out.warn(f"stray in {role}: {key}")
    documents = sum(report.documents for report in found.values())
    revisions = sum(report.revisions for report in found.values())
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
    document with a problem keeps all that it has. Keys of documents that are no more are destroyed.
    """
    if not dry_run:
        require_yes_without_terminal(yes=yes)
    swept = session.storage.gc(grace=grace, dry_run=dry_run or not yes)
    if not (dry_run or yes) and (_rows(swept) or _keys(swept)):
        confirm(f"Delete {_amount(swept)}, for good?", yes=False)
        swept = session.storage.gc(grace=grace)
    rows = _rows(swept)
    answer = {
        "dry_run": dry_run,
        "deleted": [{"container": role, "key": key} for role, key in rows],
        "bytes": _bytes(swept),
        "destroyed": [
            {"container": role, "id": name}
            for role, report in swept.items()
            for name in report.destroyed
        ],
    }
    session.out.answer(answer, lambda: table(("container", "key"), rows))
    verb = "would delete" if dry_run else "deleted"
    session.out.say(f"{verb} {_amount(swept)}")


def _verified(session: Session, **executor: Any) -> Mapping[Role, VerifyReport]:
    with spread_over(session, **executor) as spread, progress(session.out, "verifying"):
        return session.storage.verify(spread=None if spread is None else spread.verify)


def _verified_json(storage: Storage, found: Mapping[Role, VerifyReport]) -> dict[str, Any]:
    settings = storage.settings.storage
    return {
        "containers": [
            {
                "role": role,
                "container": settings.container(role),
                "documents": report.documents,
                "revisions": report.revisions,
                "problems": [asdict(problem) for problem in report.problems],
                "strays": report.orphans,
            }
            for role, report in found.items()
        ],
        "problems": sum(len(report.problems) for report in found.values()),
        "strays": sum(len(report.orphans) for report in found.values()),
    }


def _rows(swept: Mapping[Role, GcReport]) -> list[tuple[str, str]]:
    return [(role, key) for role, report in swept.items() for key in report.keys]


def _amount(swept: Mapping[Role, GcReport]) -> str:
    keys = _keys(swept)
    of_keys = f", {count(keys, 'key')} of documents that are no more" if keys else ""
    return f"{count(len(_rows(swept)), 'stray')}, {_bytes(swept)} bytes{of_keys}"


def _keys(swept: Mapping[Role, GcReport]) -> int:
    return sum(len(report.destroyed) for report in swept.values())


def _bytes(swept: Mapping[Role, GcReport]) -> int:
    return sum(report.bytes for report in swept.values())
