"""The stack that a command works on, and how its changes look."""

from __future__ import annotations

import json
import re
import sys
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, TypeVar

import click

from ingenious_ops.cli.output import Output, count, paint, printable, table
from ingenious_ops.cli.words import refuse_empty_variables
from ingenious_ops.extras import needs_extra
from ingenious_ops.infra.program import find_program

if TYPE_CHECKING:
    from ingenious_ops.infra.changes import Change
    from ingenious_ops.infra.engine import Engine, Outcome

F = TypeVar("F", bound=Callable[..., Any])

_NAME: Final = r"[A-Za-z0-9_][A-Za-z0-9_.-]{0,99}"
_STACK: Final = re.compile(rf"(?:{_NAME}/{_NAME}/)?{_NAME}")
_VARIABLES: Final = (
    "PULUMI_BACKEND_URL",
    "PULUMI_HOME",
    "PULUMI_STACK",
    "AZURE_STORAGE_ACCOUNT",
    "ARM_SUBSCRIPTION_ID",
    "ARM_TENANT_ID",
    "ARM_CLIENT_ID",
    "ARM_ENVIRONMENT",
)
"""Where the state and the resources are; empty, they are wherever somebody last signed in."""
_LOOKS: Final = {"create": ("+", "green"), "delete": ("-", "red"), "replace": ("!", "magenta")}
_HEADERS: Final = ("change", "type", "name", "properties")


def stack_options(command: F) -> F:
    """--stack and --program."""
    return stack_option(program_option(command))


def stack_option(command: F) -> F:
    """Give a command `--stack`, which it needs."""
    return click.option(
        "--stack",
        required=True,
        type=stack_name,
        metavar="NAME",
        help="Such as dev, test or prod.",
    )(command)


def stack_name(value: str) -> str:
    """The type of --stack: what Pulumi takes for a name, and none of its short forms.

    `ORG/STACK` is one: what it means depends on the backend, and a branch `feature/x` looks alike.
    """
    if _STACK.fullmatch(value) is None:
        raise click.BadParameter(
            f"{value!r} is no name of a stack: at most 100 letters, digits, '-', '_' and '.', such "
            f"as {_suggestion(value)!r}, or all of ORGANIZATION/PROJECT/STACK"
        )
    return value


def _suggestion(value: str) -> str:
    return re.sub(r"[^A-Za-z0-9_.]+", "-", value).strip("-.")[:100] or "dev"


def program_option(command: F) -> F:
    """Give a command `--program`, as `directory`."""
    return click.option(
        "--program",
        "directory",
        metavar="DIR",
        type=click.Path(file_okay=False, path_type=Path),
        help="Where Pulumi.yaml is. By default here, or in ./infra.",
    )(command)


def open_stack(stack: str, directory: Path | None, *, settings: bool = True) -> Engine:
    """The engine for a stack; with `settings` it must have a settings file.

    Raises: UsageError for an empty variable that says where the stack is; InfraError.
    """
    refuse_empty_variables(_VARIABLES)
    with needs_extra("infra", "google", "grpc", "pulumi", "semver"):
        from ingenious_ops.infra.engine import Engine  # noqa: PLC0415  # pulumi is an extra, and slow

    program = find_program(directory)
    if settings:
        program.require_settings(stack)
    return Engine(program, stack)


def show_changes(changes: Sequence[Change]) -> None:
    """On stdout."""
    table(_HEADERS, [(c.op, c.type, c.name, " ".join(c.properties)) for c in changes])


def show_outputs(outputs: Mapping[str, Any]) -> None:
    """On stdout: text as it is, the rest as JSON."""
    rows = [
        (name, value if isinstance(value, str) else json.dumps(value))
        for name, value in outputs.items()
    ]
    table(("output", "value"), rows)


def say_changes(out: Output, changes: Sequence[Change]) -> None:
    """On stderr, before a question."""
    if out.quiet or out.json:
        return
    for change in changes:
        click.echo(line_of(change), err=True)


def warn_of_imports(out: Output, changes: Sequence[Change]) -> None:
    """On stderr, of each resource that is there already and would not stay as it is."""
    for change in changes:
        if change.adopted:
            what = ", ".join(change.properties) or "its inputs differ"
            out.warn(
                f"{change.type} {change.name} would be imported and the live resource then changed "
                f"({change.op}: {what}); give it the inputs that it has"
            )


def line_of(change: Change, *, done: str = "") -> str:
    """A line of progress, or of a plan."""
    mark, color = _LOOKS.get(change.op, ("~", "yellow"))
    what = f": {', '.join(change.properties)}" if change.properties else ""
    text = printable(f"{done or change.op} {change.type} {change.name}{what}")
    return f"{paint(mark, sys.stderr, fg=color)} {text}"


def summary(outcome: Outcome) -> str:
    """Such as "2 create, 1 update, 14 unchanged"."""
    names = Counter({"unchanged" if op == "same" else op: n for op, n in outcome.counts.items()})
    summary = ", ".join(f"{number} {name}" for name, number in names.items())
    return summary or count(0, "resource")


def record(outcome: Outcome) -> dict[str, Any]:
    """`changes` and `resources` of `--json`."""
    return {
        "changes": dict(outcome.counts),
        "resources": [
            {
                "change": change.op,
                "type": change.type,
                "name": change.name,
                "urn": change.urn,
                "properties": list(change.properties),
                "adopted": change.adopted,
            }
            for change in outcome.changes
        ],
    }
