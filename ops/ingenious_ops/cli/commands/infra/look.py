"""Commands that change no resource."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from ingenious_ops.cli.commands.infra.progress import live
from ingenious_ops.cli.commands.infra.stack import (
    open_stack,
    record,
    show_changes,
    show_outputs,
    stack_options,
    summary,
    warn_of_imports,
)
from ingenious_ops.cli.errors import WARNINGS
from ingenious_ops.cli.groups import Command
from ingenious_ops.cli.output import count
from ingenious_ops.cli.session import pass_session

if TYPE_CHECKING:
    from pathlib import Path

    from ingenious_ops.cli.session import Session


@click.command(cls=Command)
@stack_options
@pass_session
def preview(session: Session, stack: str, directory: Path | None) -> None:
    """Show what `up` would change.

    Nothing is changed, but a stack that is not there yet is made, with nothing in it. It warns of
    what would be imported and then changed: that is a resource which is there already.
    """
    engine = open_stack(stack, directory)
    with live(session.out, f"previewing {stack}", lines=False) as listener:
        outcome = engine.preview(listener)
    warn_of_imports(session.out, outcome.changes)
    session.out.answer({"stack": stack, **record(outcome)}, lambda: show_changes(outcome.changes))
    session.out.say(f"{stack}: {summary(outcome)}")


@click.command(cls=Command)
@stack_options
@pass_session
def outputs(session: Session, stack: str, directory: Path | None) -> None:
    """Print the outputs of the stack.

    A secret is shown as [secret].
    """
    found = open_stack(stack, directory, settings=False).outputs()
    session.out.answer({"stack": stack, "outputs": found}, lambda: show_outputs(found))


@click.command(cls=Command)
@stack_options
@pass_session
def drift(session: Session, stack: str, directory: Path | None) -> None:
    """Say what was changed behind the stack's back.

    It compares the state with what is really there and changes neither: `up` sets it right,
    `refresh` accepts it. Exit code 5 when something has drifted.
    """
    engine = open_stack(stack, directory)
    with live(session.out, f"comparing {stack}", lines=False) as listener:
        outcome = engine.drift(listener)
    drifted = bool(outcome.changes)
    session.out.answer(
        {"stack": stack, "drifted": drifted, **record(outcome)},
        lambda: show_changes(outcome.changes),
    )
    found = count(len(outcome.changes), "resource") if drifted else "nothing"
    session.out.say(f"{stack}: {found} drifted")
    if drifted:
        click.get_current_context().exit(WARNINGS)
