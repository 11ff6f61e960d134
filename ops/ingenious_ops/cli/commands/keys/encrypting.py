"""The command that encrypts a container in place."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from ingenious_ops.cli.commands.keys.containers import (
    container_option,
    end_if_refused,
    refusals,
)
from ingenious_ops.cli.errors import common_code, describe, show_all
from ingenious_ops.cli.executors import executor_options
from ingenious_ops.cli.groups import Command
from ingenious_ops.cli.output import count, table
from ingenious_ops.cli.output.progress import progress, telling_if_interrupted
from ingenious_ops.cli.parameters import dry_run_option
from ingenious_ops.cli.session import pass_session
from ingenious_ops.cli.spreading import spread_over
from ingenious_storage.services.by_container import attempted

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from ingenious_ops.cli.session import Session
    from ingenious_storage.config import Role
    from ingenious_storage.services.by_container import Attempted
    from ingenious_storage.services.keys import InPlaceReport, Outcome


@click.command(cls=Command)
@container_option
@click.option("--compress", is_flag=True, help="Also compress what was written uncompressed.")
@click.option(
    "--workers",
    type=click.IntRange(1, 256),
    metavar="N",
    help="Blobs at once, in each process; storage.workers.",
)
@executor_options
@dry_run_option
@pass_session
def encrypt(
    session: Session,
    /,
    container: Role | None,
    workers: int | None,
    *,
    compress: bool,
    dry_run: bool,
    **executor: Any,
) -> None:
    """Encrypt in place what was written without encryption.

    Every process has to run with encryption on before, and with storage.encryption.accept_plain
    until this has ended. Each blob is read, written back unless somebody else wrote it meanwhile,
    and read back. What is encrypted is left alone, so that the same command goes on after a stop.
    """
    verb = "encrypt" if session.settings.storage.encryption.is_on else "compress"
    label, seen = "looking" if dry_run else f"{verb}ing", 0
    with spread_over(session, **executor) as spread, progress(session.out, label) as advance:
        elsewhere = None
        if spread is not None:
            elsewhere = spread.encrypt(compress=compress, dry_run=dry_run, workers=workers)

        def on_progress(_outcome: Outcome) -> None:
            nonlocal seen
            seen += 1
            advance(1)

        def run(role: Role) -> Mapping[Role, InPlaceReport]:
            return session.storage.keys.encrypt(
                role,
                compress=compress,
                dry_run=dry_run,
                workers=workers,
                on_progress=on_progress,
                spread=elsewhere,
            )

        with telling_if_interrupted(session.out, label, lambda: seen):
            asked = attempted(run, container)
    _answer(session, asked, verb, dry_run=dry_run)


def _answer(
    session: Session,
    asked: Attempted[Mapping[Role, InPlaceReport]],
    verb: str,
    *,
    dry_run: bool,
) -> None:
    found = {role: report for one in asked.done.values() for role, report in one.items()}
    rows = [
        (role, each.written, each.bytes, each.already, len(each.failures))
        for role, each in found.items()
    ]
    headers = ("container", f"to {verb}" if dry_run else f"{verb}ed", "bytes", "before", "failed")
    record = {
        "dry_run": dry_run,
        "containers": [_json(role, each) for role, each in found.items()],
        "refused": refusals(asked.refused),
    }
    session.out.answer(record, lambda: table(headers, rows))
    _sum_up(session, [*found.values()], verb, dry_run=dry_run, is_whole=not asked.refused)
    end_if_refused(session, asked.refused)


def _sum_up(
    session: Session, reports: Sequence[InPlaceReport], verb: str, *, dry_run: bool, is_whole: bool
) -> None:
    errors = [error for each in reports for error in each.failures.values()]
    written = sum(each.written for each in reports)
    did = f"would {verb}" if dry_run else f"{verb}ed and read back"
    session.out.say(f"{did} {count(written, 'blob')}, {count(len(errors), 'failure')}")
    if verb == "encrypt" and is_whole and not (dry_run or errors):
        session.out.say(
            "versions that the account keeps of them are still plain until they expire; now "
            "storage.encryption.accept_plain can go"
        )
    if errors:
        if not session.out.json:
            show_all(errors)
        click.get_current_context().exit(common_code(errors))


def _json(role: Role, each: InPlaceReport) -> dict[str, Any]:
    return {
        "role": role,
        "written": each.written,
        "bytes": each.bytes,
        "already": each.already,
        "gone": each.gone,
        "failures": [{"key": key, **describe(error)} for key, error in each.failures.items()],
    }
