"""`ingenious-storage api-keys`."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any, Final

import click
import yaml
from pydantic import ValidationError

from ingenious_ops.api.identity.api_keys import digest_of, new_key
from ingenious_ops.cli.groups import Command, Group
from ingenious_ops.cli.parameters import duration
from ingenious_ops.cli.session import pass_session
from ingenious_storage.config import ROLES, ApiSettings

if TYPE_CHECKING:
    from ingenious_ops.cli.session import Session
    from ingenious_storage.config import AccessRole, Role

_COMMANDS: Final = {"new": ("api_keys:new", "Make an API key; it is shown once.")}
_ADVICE: Final = "The key is shown once and kept nowhere. For the configuration of the server:"


@click.group("api-keys", cls=Group, package="ingenious_ops.cli.commands", lazy=_COMMANDS)
def api_keys() -> None:
    """Keys for programs that use the HTTP API."""


@click.command(cls=Command)
@click.argument("name")
@click.option(
    "--role",
    type=click.Choice(("reader", "editor", "admin")),
    default="reader",
    show_default=True,
    help="Look, change, or erase too.",
)
@click.option(
    "--container",
    "containers",
    type=click.Choice(ROLES),
    multiple=True,
    help="Memories or prompts; else both. May be repeated.",
)
@click.option(
    "--expires", type=duration, metavar="DURATION", help="After which it is refused: 90d."
)
@pass_session
def new(
    session: Session,
    name: str,
    *,
    role: AccessRole,
    containers: tuple[Role, ...],
    expires: timedelta | None,
) -> None:
    """Make an API key; it is shown once.

    NAME is the author of what the key changes. The key goes to standard output, the lines for
    config.yml to standard error.
    """
    key = new_key()
    entry: dict[str, Any] = {"sha256": digest_of(key), "role": role}
    if containers:
        entry["containers"] = [*dict.fromkeys(containers)]
    if expires is not None:
        ends = datetime.now(UTC) + expires
        entry["expires"] = ends.isoformat(timespec="seconds").replace("+00:00", "Z")
    configuration = {"api": {"keys": {name: entry}}}
    try:
        ApiSettings.model_validate(configuration["api"])
    except ValidationError:
        raise click.UsageError(
            f"{name!a} cannot name a key: letters, digits, `.`, `_` and `-`, at most 40"
        ) from None
    session.out.answer(
        {"name": name, "key": key, "configuration": configuration}, lambda: click.echo(key)
    )
    session.out.say(_ADVICE)
    for line in yaml.safe_dump(configuration, sort_keys=False).splitlines():
        session.out.say(line)
