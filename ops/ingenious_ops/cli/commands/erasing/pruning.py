"""Pruning histories that are named: what memory and prompts have in common."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from datetime import timedelta
from functools import partial
from typing import TYPE_CHECKING, Any, Protocol, TypeAlias

import click

from ingenious_ops.cli.errors import common_code, describe, show_all
from ingenious_ops.cli.output import count, table
from ingenious_ops.cli.parameters import confirm, require_yes_without_terminal
from ingenious_storage.errors import StorageError
from ingenious_storage.runtime.parallel import map_all

if TYPE_CHECKING:
    from ingenious_ops.cli.session import Session
    from ingenious_storage import PruneReport

Results: TypeAlias = "dict[str, PruneReport | StorageError]"
_HEADERS = ("revisions", "blobs", "bytes", "oldest kept")


class Prune(Protocol):
    """Prune one history. Raises: NotFoundError and what the store answers."""

    def __call__(self, name: str, /, *, dry_run: bool) -> PruneReport: ...


@dataclass(frozen=True)
class Rule:
    """What to prune, and whether to do it. Checked before anything is read."""

    keep: int | None
    older_than: timedelta | None
    dry_run: bool
    yes: bool

    def check(self) -> None:
        """Raises: UsageError for options that say too little, or without a terminal."""
        if self.keep is None and self.older_than is None:
            raise click.UsageError("give --keep, --older-than, or both")
        if not self.dry_run:
            require_yes_without_terminal(yes=self.yes)


def prune_all(
    session: Session, rule: Rule, names: Sequence[str], prune: Prune, *, what: str
) -> None:
    """Say what would go, ask, and let it go. Raises: UsageError."""
    rule.check()
    results = _run(session, names, partial(prune, dry_run=rule.dry_run or not rule.yes))
    if not (rule.dry_run or rule.yes):
        going = {name: report.revisions for name, report in _pruned(results) if report.revisions}
        if going:
            total = sum(going.values())
            what_goes = f"{count(total, 'revision')} of {count(len(going), what)}"
            confirm(f"Drop {what_goes}, for good?", yes=False)
            results |= _run(session, list(going), partial(prune, dry_run=False))
    _answer(session, results, what, dry_run=rule.dry_run)


def _run(session: Session, names: Sequence[str], prune: Callable[[str], PruneReport]) -> Results:
    workers = session.memory.documents.workers
    return dict(zip(names, map_all(prune, names, workers=workers), strict=True))


def _pruned(results: Results) -> list[tuple[str, PruneReport]]:
    return [
        (name, result) for name, result in results.items() if not isinstance(result, StorageError)
    ]


def _answer(session: Session, results: Results, what: str, *, dry_run: bool) -> None:
    errors = [result for result in results.values() if isinstance(result, StorageError)]
    revisions = sum(report.revisions for _, report in _pruned(results))
    size = sum(report.bytes for _, report in _pruned(results))
    record = {
        "dry_run": dry_run,
        "pruned": [_json(name, result, what) for name, result in results.items()],
        "revisions": revisions,
        "bytes": size,
    }
    session.out.answer(record, lambda: _show(results, what))
    verb = "would drop" if dry_run else "dropped"
    session.out.say(f"{verb} {count(revisions, 'revision')}, {size} bytes")
    if errors:
        if not session.out.json:
            show_all(errors)
        click.get_current_context().exit(common_code(errors))


def _show(results: Results, what: str) -> None:
    rows = [
        (name, report.revisions, report.blobs, report.bytes, report.first)
        for name, report in _pruned(results)
        if report.revisions
    ]
    table((what, *_HEADERS), rows)


def _json(name: str, result: PruneReport | StorageError, what: str) -> dict[str, Any]:
    if isinstance(result, StorageError):
        return {what: name, "error": describe(result)}
    return {what: name, **asdict(result)}
