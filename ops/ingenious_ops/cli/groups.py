"""Commands that all take the common options, and groups that import a command when it runs."""

from __future__ import annotations

import importlib
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any, Final

import click

from ingenious_ops.cli import complete
from ingenious_ops.cli.output import command_name
from ingenious_ops.cli.session import Session
from ingenious_ops.cli.words import VARIABLES, Worded, refuse_empty_variables

if TYPE_CHECKING:
    from click.shell_completion import CompletionItem

_EVERYWHERE: Final = (
    "Everywhere: --profile, --config, --profiles, --json, -v, -q and --debug; "
    "see `ingenious-storage --help`."
)

Lazy = Mapping[str, tuple[str, str]]
"""Name of a command to "module:attribute", inside the group's package, and its short help."""


class _Helpful(Worded):
    """With examples below its help."""

    def format_epilog(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        from ingenious_ops.cli.examples import EXAMPLES  # noqa: PLC0415  # for --help only

        program = ctx.find_root().info_name
        with formatter.section("Examples"):
            for line in EXAMPLES.get(command_name(ctx) or "", ()):
                formatter.write(f"{'':{formatter.current_indent}}{program} {line}\n")
        super().format_epilog(ctx, formatter)


class Command(_Helpful):
    """Takes the common options behind the name of the command as well."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.params += _common_options(hidden=True)
        self.epilog = self.epilog or _EVERYWHERE

    def invoke(self, ctx: click.Context) -> Any:
        session = ctx.ensure_object(Session)
        session.out.command = command_name(ctx)
        refuse_empty_variables(
            variable
            for option, variable in VARIABLES.items()
            if not getattr(session.configuration, option)
        )
        return super().invoke(ctx)


class Group(_Helpful, click.Group):
    """Takes the common options, and knows its commands by name before they are imported."""

    command_class = Command

    def __init__(self, *args: Any, package: str, lazy: Lazy, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.package, self.lazy = package, lazy
        self.commands = dict.fromkeys(lazy, _UNSEEN)  # for click to suggest the nearest of
        is_root = package.count(".") == 1
        self.params += _common_options(hidden=not is_root)
        if not is_root:
            self.epilog = self.epilog or _EVERYWHERE

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(self.lazy)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in self.lazy:
            return None
        module, _, attribute = self.lazy[cmd_name][0].partition(":")
        command = getattr(importlib.import_module(f"{self.package}.{module}"), attribute)
        assert isinstance(command, click.Command)
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        with formatter.section("Commands"):
            formatter.write_dl([(name, text) for name, (_, text) in self.lazy.items()])

    def shell_complete(self, ctx: click.Context, incomplete: str) -> list[CompletionItem]:
        from click.shell_completion import CompletionItem  # noqa: PLC0415  # for a Tab only

        names = [
            CompletionItem(name, help=text)
            for name, (_, text) in self.lazy.items()
            if name.startswith(incomplete)
        ]
        return [*names, *click.Command.shell_complete(self, ctx, incomplete)]


_UNSEEN: Final = click.Command(None)


def _common_options(*, hidden: bool) -> list[click.Parameter]:
    return list(_options(hidden))


def _options(hidden: bool) -> Iterator[click.Option]:  # noqa: FBT001  # private
    def option(*names: str, help: str, **more: Any) -> click.Option:  # noqa: A002  # click's name
        return click.Option(
            names, help=help, hidden=hidden, expose_value=False, callback=_keep, **more
        )

    yield option(
        "--profile",
        metavar="NAME",
        shell_complete=complete.profiles,
        help="Profile of profiles.yml. [INGENIOUS_PROFILE]",
    )
    yield option("--config", metavar="FILE", help="Instead of ./config.yml. [INGENIOUS_CONFIG]")
    yield option(
        "--profiles", metavar="FILE", help="Instead of ./profiles.yml. [INGENIOUS_PROFILES]"
    )
    yield option("--json", is_flag=True, help="Answer with one JSON document, errors too.")
    yield option("-v", "--verbose", is_flag=True, help="Say more of what is done.")
    yield option("-q", "--quiet", is_flag=True, help="Say only what was asked for, and errors.")
    yield option("--debug", is_flag=True, help="Show the traceback of an error.")


def _keep(ctx: click.Context, param: click.Parameter, value: Any) -> None:
    session = ctx.ensure_object(Session)
    if value and param.name:
        session.keep(param.name, value)
