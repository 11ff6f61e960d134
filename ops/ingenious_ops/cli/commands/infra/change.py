"""Commands that change resources, or the state that tells of them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from ingenious_ops.cli.commands.infra.progress import live
from ingenious_ops.cli.commands.infra.stack import (
    open_stack,
    record,
    say_changes,
    show_changes,
    show_outputs,
    stack_options,
    summary,
    warn_of_imports,
)
from ingenious_ops.cli.errors import NotConfirmed
from ingenious_ops.cli.groups import Command
from ingenious_ops.cli.parameters import (
    confirm,
    is_interactive,
    require_yes_without_terminal,
    yes_option,
)
from ingenious_ops.cli.session import pass_session

if TYPE_CHECKING:
    from pathlib import Path

    from ingenious_ops.cli.session import Session
    from ingenious_ops.infra.engine import Engine


@click.command(cls=Command)
@stack_options
@yes_option
@pass_session
def up(session: Session, stack: str, directory: Path | None, *, yes: bool) -> None:
    """Create or update what the stack describes.

    It shows a preview first, and asks.
    """
    if not (yes or is_interactive()):
        raise click.UsageError("this changes resources, and nobody is there to ask: add --yes")
    out, engine = session.out, open_stack(stack, directory)
    with live(out, f"previewing {stack}", lines=False) as listener:
        planned = engine.preview(listener)
    say_changes(out, planned.changes)
    warn_of_imports(out, planned.changes)
    out.say(f"{stack}, planned: {summary(planned)}")
    if planned.changes and not yes and not click.confirm(f"Update {stack}?", err=True):
        raise NotConfirmed
    with live(out, f"updating {stack}") as listener:
        outcome = engine.up(listener)
    found = engine.outputs()
    out.answer(
        {"stack": stack, **record(outcome), "outputs": found},
        lambda: show_outputs(found),
    )
    out.say(f"{stack}, done: {summary(outcome)}")


@click.command(cls=Command)
@stack_options
@pass_session
def refresh(session: Session, stack: str, directory: Path | None) -> None:
    """Take what is really there into the state.

    No resource is changed; `drift` shows beforehand what would be taken.
    """
    engine = open_stack(stack, directory)
    with live(session.out, f"refreshing {stack}", lines=False) as listener:
        outcome = engine.refresh(listener)
    session.out.answer({"stack": stack, **record(outcome)}, lambda: show_changes(outcome.changes))
    session.out.say(f"{stack}: {summary(outcome)}")


@click.command(cls=Command)
@stack_options
@click.option("--yes-destroy-prod", metavar="NAME", help="Needed for prod: the stack's name again.")
@yes_option
@pass_session
def destroy(
    session: Session,
    stack: str,
    directory: Path | None,
    yes_destroy_prod: str | None,
    *,
    yes: bool,
) -> None:
    """Delete everything in the stack.

    The stack itself stays, empty. A stack whose environment is prod is refused, whatever else is
    said, without its name behind --yes-destroy-prod.
    """
    if yes_destroy_prod is not None and yes_destroy_prod != stack:
        raise click.UsageError(f"--yes-destroy-prod says {yes_destroy_prod!r}, --stack {stack!r}")
    agreed = yes or yes_destroy_prod is not None
    require_yes_without_terminal(yes=agreed)
    engine = open_stack(stack, directory, settings=False)
    if yes_destroy_prod is None:
        _refuse_prod(engine, stack)
    confirm(f"Delete everything in {stack}, data included, for good?", yes=agreed)
    with live(session.out, f"destroying {stack}") as listener:
        outcome = engine.destroy(listener)
    session.out.done({"stack": stack, **record(outcome)}, f"{stack}, done: {summary(outcome)}")


def _refuse_prod(engine: Engine, stack: str) -> None:
    if engine.is_prod():
        raise click.UsageError(
            f"the environment of {stack} is prod: add --yes-destroy-prod {stack} if it has to go"
        )
