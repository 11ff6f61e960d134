"""`--executor` of the commands that work on a whole storage: what they print stays the same."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from ingenious_ops.cli import root
from ingenious_ops.cli.app import NAME
from ingenious_storage import Storage
from tests.ops.cli.harness import Cli
from tests.ops.spread.acts import files
from tests.support.servers.dask import run_dask

COMMANDS = {
    "verify": ("verify", "--strict"),
    "rebuild": ("index", "rebuild"),
    "memory": ("memory", "export", "OUT", "--layout", "auto"),
    "one memory": ("memory", "export", "OUT", "chat-1001"),
    "prompts": ("prompts", "export", "OUT"),
    "a label": ("prompts", "export", "OUT", "--set", "@production"),
    "compress": ("keys", "encrypt", "--compress", "--dry-run"),
}


@pytest.mark.parametrize("command", ["verify", "rebuild", "memory", "prompts", "compress"])
@pytest.mark.parametrize(
    "options",
    [
        ("--executor", "dask"),
        ("--executor", "processes", "--scheduler", "tcp://nobody:8786"),
        ("--processes", "2"),
    ],
)
def test_options_that_do_not_fit_do_nothing(
    cli: Cli, command: str, options: tuple[str, ...]
) -> None:
    assert cli.error(*COMMANDS[command], *options, code=2)["code"] == "usage"
    assert list(Path().iterdir()) == []


@pytest.fixture(scope="module")
def address(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with run_dask(tmp_path_factory.mktemp("dask"), workers=2) as running:
        running.wait_for(2)
        yield running.address


@pytest.fixture(params=["processes", "dask"])
def options(request: pytest.FixtureRequest) -> tuple[str, ...]:
    if request.param == "processes":
        return "--executor", "processes", "--processes", "2"
    return "--executor", "dask", "--scheduler", request.getfixturevalue("address")


@pytest.fixture
def lived_in(filled: Cli) -> None:
    """With an address that another working directory understands, and something wrong."""
    filled("prompts", "label", "set", "production", "quickstart-1")
    place = Path("data").absolute()
    filled.write("config.yml", f"storage: {{base_path: '{place}', compression: {{enabled: true}}}}")
    with Storage.from_config() as storage:
        storage.memory.save_many({f"c{n:04d}": {"context": f"text {n}"} for n in range(450)})
    Path("data/ingenious-data/conversations/c0007/memory.json").write_bytes(b"<html>")


def invoked(*args: str) -> Result:
    return CliRunner().invoke(root, args, prog_name=NAME)


@pytest.mark.slow
@pytest.mark.usefixtures("lived_in")
@pytest.mark.parametrize("command", COMMANDS)
def test_each_executor_says_and_writes_the_same(command: str, options: tuple[str, ...]) -> None:
    def run(out: str, *more: str) -> tuple[Any, ...]:
        given = [out if part == "OUT" else part for part in COMMANDS[command]]
        result = invoked(*given, *more)
        shown = invoked(*given, *more, *(("--force",) if out in given else ()), "--json")
        said = (result.exit_code, result.stdout, result.stderr, shown.stdout)
        return *(str(each).replace(out, "OUT") for each in said), files(Path(out))

    expected = run("exported-here")
    assert run("exported-there", *options) == expected
    assert expected[4] or "OUT" not in COMMANDS[command]
