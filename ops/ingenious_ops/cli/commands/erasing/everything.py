"""`ingenious-storage prune`: all documents, by a policy and by their TTL. It asks first."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import click

from ingenious_ops.cli.commands.erasing.purging import end_if_kept
from ingenious_ops.cli.errors import common_code, describe, show_all
from ingenious_ops.cli.groups import Command
from ingenious_ops.cli.output import count, table
from ingenious_ops.cli.output.progress import progress
from ingenious_ops.cli.parameters import (
    confirm,
    dry_run_option,
    require_yes_without_terminal,
    rule_options,
    yes_option,
)
from ingenious_ops.cli.session import pass_session
from ingenious_ops.erasure.forgetting import forget
from ingenious_ops.erasure.purged import purged_json
from ingenious_storage import PrunePolicy
from ingenious_storage.services.pruning import KINDS

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import timedelta

    from ingenious_ops.cli.session import Session
    from ingenious_storage import PruneEntry, PruneSummary
    from ingenious_storage.services.pruning import PruneKind

_HEADERS = ("what", "key", "revisions", "blobs", "bytes")


@click.command(cls=Command)
@rule_options
@click.option(
    "--below-labels",
    is_flag=True,
    help="Of prompt sets only what is older than all that labels pin; with --kind prompts.",
)
@click.option(
    "--kind", "kinds", multiple=True, type=click.Choice(KINDS), help="Only these; may be repeated."
)
@click.option(
    "--framework",
    "frameworks",
    multiple=True,
    metavar="NAME",
    help="Only what adapters keep for it, as `agents ls` names it; may be repeated.",
)
@click.option("--no-ttl", is_flag=True, help="Erase no whole document, whatever its TTL.")
@dry_run_option
@yes_option
@pass_session
def prune(
    session: Session,
    keep: int | None,
    older_than: timedelta | None,
    kinds: tuple[PruneKind, ...],
    frameworks: tuple[str, ...],
    *,
    below_labels: bool,
    no_ttl: bool,
    dry_run: bool,
    yes: bool,
) -> None:
    """Drop old revisions of all documents, and erase documents whose TTL has passed.

    A revision goes only when each of --keep, --older-than and --below-labels that is given allows
    it. What a label pins stays, with all that is newer. Whole segments of 32 or so revisions go.

    A document that nobody has written for longer than storage.ttl_days says is erased, and all
    that belongs together with it: of a thread all its documents, or none.
    """
    policy = None
    if keep is not None or older_than is not None or below_labels:
        policy = PrunePolicy(keep=keep, superseded=older_than, below_labels=below_labels)
    if not dry_run:
        require_yes_without_terminal(yes=yes)

    def run(*, dry: bool) -> PruneSummary:
        try:
            with progress(session.out, "looking for what may go" if dry else "pruning"):
                return session.storage.prune(
                    policy,
                    ttl={} if no_ttl else None,
                    kinds=kinds,
                    frameworks=frameworks,
                    dry_run=dry,
                )
        except ValueError as error:  # what was asked means nothing
            raise click.UsageError(str(error)) from None

    _answer(session, _confirmed(run, dry_run=dry_run, yes=yes))


def _confirmed(run: Callable[..., PruneSummary], *, dry_run: bool, yes: bool) -> PruneSummary:
    """Say what would go, ask, and let it go."""
    if yes and not dry_run:
        return run(dry=False)
    would = run(dry=True)
    if dry_run:
        return would
    if not (would.pruned or would.erased):
        return replace(would, dry_run=False)
    confirm(f"{_amount(would, 'Drop', 'erase')}, for good?", yes=False)
    return run(dry=False)


def _amount(summary: PruneSummary, drop: str, erase: str) -> str:
    whole = f" and {erase} {count(summary.erased, 'whole document')}" if summary.erased else ""
    what = f"{count(summary.revisions, 'revision')} of {count(summary.pruned, 'document')}"
    return f"{drop} {what}{whole}"


def _answer(session: Session, done: PruneSummary) -> None:
    errors = list(done.errors)
    forgotten = None if done.dry_run else _forgotten(session, done)
    session.out.answer(_json(done, forgotten), lambda: table(_HEADERS, map(_row, done.entries)))
    _say(session, done)
    if errors:
        if not session.out.json:
            show_all(errors)
        click.get_current_context().exit(common_code(errors))
    if forgotten is not None:
        end_if_kept(session, forgotten)


def _forgotten(session: Session, done: PruneSummary) -> dict[str, Any] | None:
    """What was done with the catalogue; None where no memory was erased."""
    gone = [each.key for each in done.entries if (each.kind, each.done) == ("memory", "erased")]
    return forget(session.storage, "memory", keys=gone) if gone else None


def _say(session: Session, done: PruneSummary) -> None:
    verbs = ("would drop", "erase") if done.dry_run else ("dropped", "erased")
    session.out.say(f"{_amount(done, *verbs)}, {done.bytes} bytes")
    if done.kept:
        session.out.say(f"kept {count(done.kept, 'document')} that somebody wrote meanwhile")
    if done.without_documents:
        session.out.warn(f"there are no documents of: {', '.join(done.without_documents)}")


def _row(entry: PruneEntry) -> tuple[object, ...]:
    revisions = "" if entry.revisions is None else entry.revisions
    return entry.done, entry.key, revisions, entry.blobs, entry.bytes


def _json(done: PruneSummary, forgotten: dict[str, Any] | None) -> dict[str, Any]:
    return {
        "dry_run": done.dry_run,
        "documents": done.documents,
        "pruned": done.pruned,
        "erased": done.erased,
        "kept": done.kept,
        "failed": done.failed,
        "revisions": done.revisions,
        "blobs": done.blobs,
        "bytes": done.bytes,
        "without_documents": done.without_documents,
        "entries": [_entry(each) for each in done.entries],
        "catalogue": forgotten,
    }


def _entry(entry: PruneEntry) -> dict[str, Any]:
    return {
        "kind": entry.kind,
        "key": entry.key,
        "done": entry.done,
        "revisions": entry.revisions,
        "blobs": entry.blobs,
        "bytes": entry.bytes,
        "receipt": None if entry.receipt is None else purged_json(entry.receipt),
        "error": None if entry.error is None else describe(entry.error),
    }
