"""What `infra preview` costs beside Pulumi's own preview of the same program."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import sysconfig
from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from pathlib import Path
from tempfile import TemporaryDirectory
from time import perf_counter
from typing import Final

from benchmarks.measure import Timings
from benchmarks.report import COMPARED, Section, Table, compared
from ingenious_ops.infra.program import write_program
from tests.support.pulumi import LocalCloud, find_cli, run_local_azurite

TARGET: Final = 1.2
_ROUNDS: Final = 9
_STACK: Final = "dev"
_SCRIPT: Final = Path(sysconfig.get_path("scripts"), "ingenious-storage")
_OURS: Final = (str(_SCRIPT), "infra", "preview", "--stack", _STACK)

# The shortest program that does it without a language host: what the documentation of the
# Automation API shows for an inline program.
_SHORTEST: Final = f"""
import runpy, sys
from pulumi import automation
sys.path.insert(0, ".")
options = automation.LocalWorkspaceOptions(work_dir=".")
program = lambda: runpy.run_path("__main__.py", run_name="__main__")
stack = automation.select_stack("{_STACK}", "ingenious-storage", program, opts=options)
print(stack.preview().stdout)
"""

METHOD = f"""\
Wall time of a process from its start to its end, for the dev stack of the program of `infra init`
on local Azure, before anything is deployed; output thrown away. {_ROUNDS} rounds, each kind in
turn; one of each before the first round."""

BOUND = """\
The engine, its provider and the import of the provider's SDK are nearly all of it, and the same on
both sides. `infra preview` starts Pulumi once: it neither asks for its version nor selects the
stack. """
_WITH_HOST = "The peer is `pulumi preview` with its language host for Python."
_WITHOUT_HOST = """The language host for Python could not be had here, so that plain `pulumi
preview` does not run: the peer is the shortest script on the Automation API, which has no language
host to start either."""


def run() -> Section:
    cli, has_host = find_cli(), shutil.which("pulumi-language-python") is not None
    if cli is None:
        return Section("Infrastructure", METHOD, Table(COMPARED, []), "There is no pulumi here.")
    peer, command = _peer(cli, has_host=has_host)
    with ExitStack() as stack:
        directory = Path(stack.enter_context(TemporaryDirectory()))
        azurite = stack.enter_context(run_local_azurite(directory / "azurite"))
        cloud = LocalCloud(cli, directory, azurite)
        wall = _measure(cloud, {"ours": _OURS, "peer": command}).wall
    row = compared("`infra preview`", wall["ours"], peer, wall["peer"], target=TARGET)
    bound = BOUND + (_WITH_HOST if has_host else _WITHOUT_HOST)
    return Section("Infrastructure", METHOD, Table(COMPARED, [row]), " ".join(bound.split()))


def _peer(cli: Path, *, has_host: bool) -> tuple[str, Sequence[str]]:
    if has_host:
        return "`pulumi preview`", (str(cli), "preview", "--stack", _STACK, "--non-interactive")
    return "the shortest script", (sys.executable, "-c", _SHORTEST)


def _measure(cloud: LocalCloud, commands: Mapping[str, Sequence[str]]) -> Timings:
    program = cloud.directory / "program"
    write_program(program, force=False)
    environment = {**os.environ, **cloud.environment}

    def once(name: str) -> float:
        started = perf_counter()
        subprocess.run(
            commands[name], cwd=program, env=environment, check=True, capture_output=True
        )
        return perf_counter() - started

    for name in commands:  # ours first: it makes the stack
        once(name)
    timings = Timings()
    for _ in range(_ROUNDS):
        for name in commands:
            timings.add(name, wall=once(name), cpu=0.0)
    return timings
