"""Named documents of frameworks: what several commands take, and which document they mean."""

from __future__ import annotations

import re
import shlex
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any, Final, TypeVar

import click

from ingenious_ops.cli import complete
from ingenious_ops.cli.output import printable
from ingenious_storage.errors import NotFoundError

if TYPE_CHECKING:
    from ingenious_ops.cli.session import Session
    from ingenious_storage.services.agent_info import DocumentInfo
    from ingenious_storage.services.agents import AgentName

F = TypeVar("F", bound=Callable[..., Any])
_MOST: Final = 5
"""Names in an answer that asks for a longer one."""


def framework_name(_ctx: click.Context, _param: click.Parameter, value: str | None) -> str | None:
    """As it stands in keys. Raises: BadParameter for what no framework is called."""
    if value is None or re.fullmatch(r"[a-z0-9-]+", value):
        return value
    raise click.BadParameter("it has lower-case letters, digits and hyphens only")


def framework_argument(*, required: bool = True) -> Callable[[F], F]:
    """Give a command FRAMEWORK."""
    return click.argument(
        "framework",
        required=required,
        callback=framework_name,
        shell_complete=complete.frameworks,
    )


def document_arguments(command: F) -> F:
    """FRAMEWORK, PART... and --what of one document."""
    what = click.option("--what", metavar="WORD", help="What it is, where a name has several.")
    parts = click.argument("parts", nargs=-1, required=True, metavar="PART...")
    return framework_argument()(parts(what(command)))


def find(session: Session, framework: str, parts: Sequence[str], what: str | None) -> DocumentInfo:
    """The one document of exactly this name, else the only one whose name begins so.

    Raises: UsageError when there are several; NotFoundError.
    """
    from ingenious_storage.services.agent_info import find_documents  # noqa: PLC0415  # slow

    found = find_documents(session.storage.agents(framework), *parts)
    found = [each for each in found if what in (None, each.name.leaf)]
    exact = [each for each in found if each.name.parts == tuple(parts)]
    matching = exact or found
    if not matching:
        raise NotFoundError(
            f"{framework} has no document {shlex.join(parts)}",
            hint=f"`agents ls {framework}` lists what is there.",
        )
    if len(matching) > 1:
        names = [f"{in_shell(each.name)} --what {each.name.leaf}" for each in matching[:_MOST]]
        more = ", ..." if len(matching) > _MOST else ""
        raise click.UsageError(f"several documents are meant: {', '.join(names)}{more}")
    return matching[0]


def in_shell(name: AgentName) -> str:
    """Its parts, as a shell and these commands take them."""
    return printable(shlex.join(name.parts))


def name_json(name: AgentName) -> dict[str, Any]:
    """Which document it is, for JSON."""
    return {"parts": list(name.parts), "what": name.leaf}
