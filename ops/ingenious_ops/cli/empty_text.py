"""Refuses empty text, which so many programs take for "the default".

A script whose variable is unset hands it over: `--stack "$STACK"`. Nobody meant the default then.
"""

from __future__ import annotations

import os
from collections.abc import Collection, Iterable, Mapping
from typing import Any, Final

import click

VARIABLES: Final[Mapping[str, str]] = {
    "profile": "INGENIOUS_PROFILE",
    "config": "INGENIOUS_CONFIG",
    "profiles": "INGENIOUS_PROFILES",
    "author": "INGENIOUS_AUTHOR",
}
"""What the command line reads where an option is not given."""


class RefusesEmptyText(click.Command):
    """Refuses it in every option and argument but those of `may_be_empty`, before their types.

    Args:
        may_be_empty: names of parameters for which empty text is a text like any other.
    """

    def __init__(self, *args: Any, may_be_empty: Collection[str] = (), **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.may_be_empty = may_be_empty

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        if not ctx.resilient_parsing:  # as a shell completes a word
            self._refuse(ctx, args)
        return super().parse_args(ctx, args)

    def _refuse(self, ctx: click.Context, args: list[str]) -> None:
        given, _, _ = self.make_parser(ctx).parse_args(list(args))
        for parameter in self.get_params(ctx):
            value = given.get(parameter.name or "")
            texts = value if isinstance(value, list | tuple) else (value,)
            if "" in texts and parameter.name not in self.may_be_empty:
                raise click.BadParameter(
                    "it is empty. Is the variable set that it comes from?", ctx, parameter
                )


def refuse_empty_variables(names: Iterable[str]) -> None:
    """Raises: UsageError for the first of these variables that is set to empty text."""
    for name in names:
        if os.environ.get(name) == "":
            raise click.UsageError(
                f"the variable {name} is set, but empty: give it a value, or unset it"
            )
