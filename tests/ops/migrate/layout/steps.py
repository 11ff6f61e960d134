"""The commands that tests of cutover and rollback have in common."""

from __future__ import annotations

from pathlib import Path

from tests.ops.cli.harness import Cli

TREE = ("--from", "./app", "--to", "cloud:data", "--layout", "ingenious")
APP = ("--profile", "app")
CUTOVER = ("migrate", "cutover", *APP, "--to", "cloud")
ROLLBACK = ("migrate", "rollback", *APP)
FILE = Path("profiles.yml")


def raw(role: str) -> tuple[str, ...]:
    return ("--from", f"app:{role}", "--to", f"cloud:{role}")


def migrate(cli: Cli, *where: str) -> None:
    cli("migrate", "run", *where)
    cli("migrate", "verify", *where, "--signed-by", "Ann", "--allow-extra")


def in_use(cli: Cli) -> Cli:
    """The application keeps memories in its storage already."""
    for name in ("a", "b"):
        cli("memory", "save", name, *APP, stdin="1")
    return cli
