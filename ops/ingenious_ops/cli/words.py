"""Words of a command line: none may be empty, and some begin with a minus."""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Collection, Iterable, Mapping
from functools import partial
from typing import Any, Final

import click

VARIABLES: Final[Mapping[str, str]] = {
    "profile": "INGENIOUS_PROFILE",
    "config": "INGENIOUS_CONFIG",
    "profiles": "INGENIOUS_PROFILES",
}
"""What chooses where an option is not given; `author.default_author` refuses its own."""
_NEGATIVE: Final = re.compile(r"-\d")
_SHIELD: Final = "\0"
_Parsed = tuple[dict[str, Any], list[str], list[Any]]
"""Values by the names of their parameters, what is left, and the order of the parameters."""


class Worded(click.Command):
    """Refuses empty text, which so many programs take for "the default", before any type sees it.

    A script whose variable is unset hands it over: `--stack "$STACK"`. Nobody meant the default.
    A minus and a digit begin a value, such as the id of a chat: no option of ours begins so.

    Args:
        may_be_empty: names of parameters for which empty text is a text like any other.
    """

    def __init__(self, *args: Any, may_be_empty: Collection[str] = (), **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.may_be_empty = may_be_empty

    def make_parser(self, ctx: click.Context) -> Any:
        parser: Any = super().make_parser(ctx)
        parser.parse_args = partial(self._parse, ctx, parser.parse_args)
        return parser

    def _parse(
        self, ctx: click.Context, parse: Callable[[list[str]], _Parsed], args: list[str]
    ) -> _Parsed:
        given, rest, order = parse(
            [f"{_SHIELD}{word}" if _NEGATIVE.match(word) else word for word in args]
        )
        given = {name: _bare(value) for name, value in given.items()}
        if not ctx.resilient_parsing:  # as a shell completes a word
            self._refuse_empty(ctx, given)
        return given, _bare(rest), order

    def _refuse_empty(self, ctx: click.Context, given: Mapping[str, Any]) -> None:
        for parameter in self.get_params(ctx):
            value = given.get(parameter.name or "")
            texts = value if isinstance(value, list | tuple) else (value,)
            if "" in texts and parameter.name not in self.may_be_empty:
                raise click.BadParameter(
                    "it is empty. Is the variable set that it comes from?", ctx, parameter
                )


def _bare(value: Any) -> Any:
    if isinstance(value, list | tuple):
        return type(value)(map(_bare, value))
    return value.removeprefix(_SHIELD) if isinstance(value, str) else value


def refuse_empty_variables(names: Iterable[str]) -> None:
    """Raises: UsageError for the first of these variables that is set to empty text."""
    for name in names:
        if os.environ.get(name) == "":
            raise click.UsageError(
                f"the variable {name} is set, but empty: give it a value, or unset it"
            )
