"""`infra preview`, beside Pulumi's own preview of the same program."""

from __future__ import annotations

import os
import subprocess
import sys
import sysconfig
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from time import perf_counter
from typing import Final

from benchmarks.measure import Timings
from benchmarks.report import COMPARED, Section, Table, compared
from ingenious_ops.infra.program import write_program
from tests.support.pulumi import LocalCloud, find_cli, find_language_host, run_local_azurite

TARGET: Final = 1.2
_ROUNDS: Final = 9
_STACK: Final = "dev"
_SCRIPT: Final = Path(sysconfig.get_path("scripts"), "ingenious-storage")

METHOD = f"""\
Wall time of a process from its start to its end, for the dev stack of the program of `infra init`
on local Azure, before anything is deployed; output thrown away. The peer is plain `pulumi preview`
with Pulumi's language host for Python. {_ROUNDS} rounds, each kind in turn; one of each before the
first round."""

BOUND = """\
The engine, its provider and the import of the provider's SDK are nearly all of it, and the same on
both sides. `infra preview` starts Pulumi once, and neither asks for its version nor selects the
stack; it runs the program in its own process. Plain Pulumi starts its language host, which has pip
list what is installed (most of the difference), and then a Python for the program."""


@dataclass(frozen=True, slots=True)
class _Command:
    arguments: tuple[str, ...]
    environment: dict[str, str]


def run() -> Section:
    cli, host = find_cli(), find_language_host()
    if cli is None or host is None:
        missing = "CLI" if cli is None else "language host for Python"
        return _section([], f"Not measured: there is no Pulumi {missing} here.")
    with ExitStack() as stack:
        directory = Path(stack.enter_context(TemporaryDirectory()))
        azurite = stack.enter_context(run_local_azurite(directory / "azurite"))
        cloud = LocalCloud(cli, directory, azurite)
        wall = _measure(directory / "program", _ours(cloud), _plain(cloud, host)).wall
    row = compared(
        "`infra preview`", wall["ours"], "`pulumi preview`", wall["plain"], target=TARGET
    )
    return _section([row], BOUND)


def _section(rows: list[tuple[str, ...]], bound: str) -> Section:
    return Section("Infrastructure", METHOD, Table(COMPARED, rows), bound)


def _ours(cloud: LocalCloud) -> _Command:
    arguments = (str(_SCRIPT), "infra", "preview", "--stack", _STACK)
    return _Command(arguments, {**os.environ, **cloud.environment})


def _plain(cloud: LocalCloud, host: Path) -> _Command:
    """With this Python and the language host on its PATH, where Pulumi looks for both."""
    arguments = (str(cloud.cli), "preview", "--stack", _STACK, "--non-interactive")
    path = [str(Path(sys.executable).parent), cloud.environment["PATH"], str(host)]
    return _Command(arguments, {**os.environ, **cloud.environment, "PATH": os.pathsep.join(path)})


def _measure(program: Path, ours: _Command, plain: _Command) -> Timings:
    write_program(program, force=False)
    commands = {"ours": ours, "plain": plain}
    for command in commands.values():  # ours first: it makes the stack
        _time(command, program)
    timings = Timings()
    for _ in range(_ROUNDS):
        for name, command in commands.items():
            timings.add(name, wall=_time(command, program), cpu=0.0)
    return timings


def _time(command: _Command, program: Path) -> float:
    started = perf_counter()
    subprocess.run(
        command.arguments, cwd=program, env=command.environment, check=True, capture_output=True
    )
    return perf_counter() - started
