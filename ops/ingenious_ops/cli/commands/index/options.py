"""Options of the commands that use the index."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

import click

from ingenious_ops.cli.session import Session

F = TypeVar("F", bound=Callable[..., Any])


def plain_index_option(command: F) -> F:
    """Give a command `--plain-index`."""
    return click.option(
        "--plain-index",
        is_flag=True,
        expose_value=False,
        callback=_allow,
        help="Encryption is on: the text of all documents may lie on this disk as it is.",
    )(command)


def _allow(ctx: click.Context, _param: click.Parameter, value: bool) -> None:  # noqa: FBT001  # click's
    if value:
        ctx.ensure_object(Session).overrides["storage.catalogue.plain_index"] = True
