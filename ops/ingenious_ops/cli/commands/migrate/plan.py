"""`ingenious-storage migrate plan`."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from ingenious_ops.cli.commands.migrate.options import (
    JOURNAL,
    check_outside,
    ends_options,
    expected,
    journal_path,
    opened,
    requested,
)
from ingenious_ops.cli.commands.migrate.progress import bytes_text
from ingenious_ops.cli.errors import CONFLICT
from ingenious_ops.cli.groups import Command
from ingenious_ops.cli.output import table
from ingenious_ops.cli.session import pass_session
from ingenious_ops.migrate import journal as journals
from ingenious_ops.migrate.errors import translated
from ingenious_ops.migrate.journal import Identity
from ingenious_ops.migrate.limits import Limits
from ingenious_ops.migrate.plan import Plan, make_plan
from ingenious_storage.whole_files import write_file

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from ingenious_ops.cli.session import Session
    from ingenious_ops.migrate.ends.base import Ends
    from ingenious_ops.migrate.journal import Entry


@click.command(cls=Command)
@ends_options
@JOURNAL
@click.option(
    "--output",
    metavar="FILE",
    type=click.Path(dir_okay=False, path_type=Path),
    help="Write the plan, for `migrate run --plan`.",
)
@pass_session
def plan(
    session: Session, /, journal: Path | None, output: Path | None, workers: int, **where: Any
) -> None:
    """Say what a run would copy, and what is in its way.

    Nothing is written but the plan, and no content is read, except by a layout. Names that no key
    may have are percent-encoded; two names that become one key have to be renamed first (exit
    code 4).
    """
    limits = Limits(where["max_bandwidth"], where["max_requests"])
    with opened(session, requested(**where)) as ends:
        path = journal_path(journal, ends)
        if output is not None:
            check_outside(output, ends)
        made = make_plan(ends, _done(path, ends), workers=workers, limits=limits)
    record = made.record()
    if output is not None:
        with translated(None):
            write_file(output, json.dumps(record, indent=2) + "\n")
    session.out.answer(record, lambda: _show(made))
    for entry in made.skipped:
        session.out.warn(f"not copied: {entry.name}: {entry.reason}")
    for key, error in made.refused.items():
        session.out.warn(f"would be refused: {key}: {error.message}. {error.hint}")
    for line in expected(made.obstacle, made.lost):
        session.out.warn(line)
    for key, one, two in made.collisions:
        session.out.warn(f"{one} and {two} would both become {key}: rename one")
    if output is not None:
        session.out.say(f"wrote {output}")
    if made.collisions:
        click.get_current_context().exit(CONFLICT)


def _done(path: Path, ends: Ends) -> Mapping[str, Entry]:
    record = journals.load(path)
    if record is None:
        return {}
    journals.check_identity(path, record, Identity.of(ends))
    return record.entries


def _show(made: Plan) -> None:
    there, estimate = made.present, made.estimate
    rows = [
        ("source", made.identity.source),
        ("target", made.identity.target),
        ("layout", made.identity.layout),
        *_contents(made),
        ("objects", str(made.objects)),
        ("bytes", f"{made.bytes} ({bytes_text(made.bytes)})"),
        *(("largest", f"{item.key} ({bytes_text(item.size)})") for item in made.largest),
        ("copied before", str(there.copied_before)),
        ("at the target, same size", str(there.same_size)),
        ("at the target, different", str(there.different)),
        ("only at the target", str(there.extra)),
        ("names to escape", str(len(made.escaped))),
        *(("becomes", f"{name} -> {key}") for name, key in made.escaped),
        ("collisions", str(len(made.collisions))),
        ("not copied", str(len(made.skipped))),
        ("would be refused", str(len(made.refused))),
        ("requests", str(estimate.requests)),
        ("round trip", f"{estimate.round_trip * 1000:.1f} ms"),
        ("time at least", f"{estimate.seconds:.1f} s"),
    ]
    table(("what", "value"), rows)


def _contents(made: Plan) -> Iterator[tuple[str, str]]:
    """What a layout makes of the source: each component, and where it is."""
    for component, found in made.contents.items():
        what = "conversations" if component == "memory" else "sets"
        yield f"{component} in {found['folder']}", f"{found[what]} {what}, {found['files']} files"
        yield from (("empty", place) for place in found["empty"])
