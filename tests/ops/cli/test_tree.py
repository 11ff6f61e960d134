"""The tree of commands: complete, told twice alike, and cheap until a command runs."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import click
import pytest

from ingenious_ops.cli import root
from ingenious_ops.cli.groups import Group
from tests.ops.cli.harness import Cli, run_script

DOCS = Path(__file__).parents[3] / "docs" / "cli.md"
COMMON = {"--profile", "--config", "--profiles", "--json", "--verbose", "--quiet", "--debug"}


def walk(
    group: click.Command = root, path: tuple[str, ...] = ()
) -> Iterator[tuple[tuple[str, ...], click.Command]]:
    yield path, group
    if isinstance(group, Group):
        ctx = click.Context(group)
        for name in group.list_commands(ctx):
            command = group.get_command(ctx, name)
            assert command is not None
            yield from walk(command, (*path, name))


def leaves() -> list[tuple[tuple[str, ...], click.Command]]:
    return [(path, command) for path, command in walk() if not isinstance(command, Group)]


def options(command: click.Command) -> set[str]:
    return {max(parameter.opts, key=len) for parameter in command.params} & {
        opt for parameter in command.params for opt in parameter.opts if opt.startswith("--")
    }


def test_the_commands_of_the_issue_are_there() -> None:
    assert {" ".join(path) for path, _ in leaves()} == {
        "init",
        "audit",
        "doctor",
        "verify",
        "repair",
        "prune",
        "gc",
        "completion",
        "explain",
        "receipt verify",
        "alerts export",
        "demo application",
        "demo workspace",
        "search",
        "serve",
        *(f"index {name}" for name in ("sync", "status", "rebuild", "publish")),
        *(f"index {name}" for name in ("sync", "status", "rebuild", "publish")),
        *(f"config {name}" for name in ("show", "validate")),
        "profiles ls",
        "api-keys new",
        "cat",
        *(
            f"keys {name}"
            for name in ("init", "status", "rotate", "rewrap", "verify", "encrypt", "destroy")
        ),
        *(f"containers {name}" for name in ("ensure", "ls")),
        *(f"health {name}" for name in ("serve", "check")),
        *(
            f"memory {name}"
            for name in (
                "save",
                "show",
                "append",
                "ls",
                "info",
                "history",
                "diff",
                "rollback",
                "rm",
                "restore",
                "purge",
                "erase",
                "prune",
                "export",
                "import",
            )
        ),
        *(f"agents {name}" for name in ("ls", "show", "history", "purge")),
        *(
            f"prompts {name}"
            for name in (
                "import",
                "export",
                "sets",
                "create",
                "ls",
                "show",
                "put",
                "rm",
                "diff",
                "history",
                "rollback",
                "restore",
                "prune",
                "purge",
            )
        ),
        *(f"prompts label {name}" for name in ("set", "get", "ls", "history", "rm")),
        *(f"migrate {name}" for name in ("plan", "run", "verify", "cutover", "rollback")),
        *(
            f"infra {name}"
            for name in (
                "init",
                "preview",
                "up",
                "refresh",
                "destroy",
                "outputs",
                "profile",
                "drift",
            )
        ),
    }


def test_what_a_group_says_of_a_command_is_what_the_command_says() -> None:
    for _, group in walk():
        if isinstance(group, Group):
            for name, (_, text) in group.lazy.items():
                command = group.get_command(click.Context(group), name)
                assert command is not None
                assert (command.help or "").split("\n\n")[0] == text, name
                assert command.name == name


def test_every_command_takes_the_common_options() -> None:
    for path, command in walk():
        assert options(command) >= COMMON, path


def test_what_destroys_takes_yes() -> None:
    assert {" ".join(path) for path, command in leaves() if "--yes" in options(command)} == {
        "memory purge",
        "memory erase",
        "memory prune",
        "agents purge",
        "prompts prune",
        "prompts purge",
        "prune",
        "gc",
        "infra up",
        "infra destroy",
        "infra profile",
        "migrate cutover",
        "migrate rollback",
        "keys destroy",
    }
    assert {" ".join(path) for path, command in leaves() if "--dry-run" in options(command)} == {
        "memory erase",
        "memory prune",
        "agents purge",
        "prompts prune",
        "prune",
        "gc",
        "migrate run",
        "keys encrypt",
        "keys destroy",
    }


def test_every_help_fits_and_names_its_arguments(cli: Cli) -> None:
    for path, _ in walk():
        text = cli(*path, "--help").stdout
        assert text.startswith(f"Usage: {' '.join(('ingenious-storage', *path))} ")
        assert max(map(len, text.splitlines())) <= 100
        assert cli(*path, "-h").stdout == text


def row(path: tuple[str, ...], command: click.Command) -> str:
    """How docs/cli.md begins the row of a command."""
    settings = root.context_settings  # click remembers the help option of the first context
    ctx = command.make_context(path[-1], [], resilient_parsing=True, **settings)
    usage = " ".join((*path, *command.collect_usage_pieces(ctx)[1:]))
    own = " ".join(f"`{option}`" for option in sorted(options(command) - COMMON))
    return f"| `{usage}` | {(command.help or '').split(chr(10))[0]} | {own or '-'} |"


def test_the_reference_is_complete() -> None:
    lines = DOCS.read_text(encoding="utf-8").splitlines()
    rows = [row(path, command) for path, command in leaves()]
    for expected in rows:
        assert any(line.startswith(expected) for line in lines), expected
    assert sum(line.startswith("| `") and line.count(" | ") == 3 for line in lines) == len(rows)


@pytest.mark.parametrize(
    "args", [["--help"], ["memory", "--help"], ["prompts", "label", "--help"], ["infra", "--help"]]
)
def test_help_imports_click_and_nothing_else(args: list[str]) -> None:
    program = (
        "import json, sys; before = set(sys.modules); sys.argv = ['x', *json.loads(sys.argv[1])]\n"
        "from ingenious_ops.cli import main\n"
        "try: main()\n"
        "except SystemExit: pass\n"
        "print(json.dumps(sorted({name.partition('.')[0] for name in set(sys.modules) - before})))"
    )
    done = subprocess.run(
        [sys.executable, "-c", program, json.dumps(args)], capture_output=True, check=True
    )
    roots = set(json.loads(done.stdout.splitlines()[-1])) - sys.stdlib_module_names
    allowed = {"click", "ingenious_ops", "ingenious_storage"}
    assert {root for root in roots if not root.startswith("_")} <= allowed


def test_help_imports_no_part_of_the_library_but_its_errors() -> None:
    program = (
        "import sys; sys.argv = ['x', '--help']\n"
        "from ingenious_ops.cli import main\n"
        "try: main()\n"
        "except SystemExit: pass\n"
        "print(*(name for name in sys.modules if name.startswith('ingenious_')))"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, check=True)
    loaded = done.stdout.decode().splitlines()[-1].split()
    assert sorted(loaded) == [
        "ingenious_ops",
        "ingenious_ops.cli",
        "ingenious_ops.cli.app",
        "ingenious_ops.cli.complete",
        "ingenious_ops.cli.errors",
        "ingenious_ops.cli.examples",
        "ingenious_ops.cli.groups",
        "ingenious_ops.cli.output",
        "ingenious_ops.cli.session",
        "ingenious_ops.cli.words",
        "ingenious_ops.configuration",
        "ingenious_storage",
        "ingenious_storage.errors",
    ]


def test_the_version(tmp_path: Path) -> None:
    done = run_script("--version", cwd=tmp_path)
    name, version = done.stdout.decode().split()
    assert name == "ingenious-storage"
    assert version[0].isdecimal()


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_completion_scripts(cli: Cli, shell: str) -> None:
    script = cli("completion", shell).stdout
    assert f"_INGENIOUS_STORAGE_COMPLETE={shell}_complete" in script
    cli("completion", "tcsh", code=2)


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        ("ingenious-storage me", {"memory"}),
        ("ingenious-storage memory r", {"rollback", "rm", "restore"}),
        ("ingenious-storage prompts label ", {"set", "get", "ls", "history", "rm"}),
        ("ingenious-storage memory save x --exp", {"--expected"}),
    ],
)
def test_completion(tmp_path: Path, words: str, expected: set[str]) -> None:
    env = {
        "_INGENIOUS_STORAGE_COMPLETE": "bash_complete",
        "COMP_WORDS": words,
        "COMP_CWORD": str(words.count(" ")),
        "PATH": "",
    }
    done = run_script(cwd=tmp_path, env=env)
    assert {line.partition(",")[2] for line in done.stdout.decode().split()} == expected
