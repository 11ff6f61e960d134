"""Import of the infrastructure program, beside that of a whole provider SDK."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from benchmarks.machine import ROOT
from benchmarks.measure import Timings
from benchmarks.report import Section, Table, time
from tests.infra.conftest import INFRA, REQUIRED

_ROUNDS: Final = 5
_PROGRAM: Final = "import ingenious_infra.settings, ingenious_infra.components.stack"

# Each module of the SDK is a stand-in that loads itself when it is first asked for a name.
_LOAD: Final = """
for name in {names}:
    hasattr(sys.modules["pulumi_azure_native." + name], "outputs")
"""
_EVERY_NAME: Final = """\
[name.split(".")[1] for name in list(sys.modules) if name.startswith("pulumi_azure_native.")]"""

_CHILD: Final = """
import json, sys, time
cpu, wall = time.process_time(), time.perf_counter()
{statements}
cpu, wall = time.process_time() - cpu, time.perf_counter() - wall
parts = [name.split(".")[1:] for name in sys.modules if name.startswith("pulumi_azure_native.")]
inner = [part for part in parts if len(part) > 1]
names = sorted(set(part[0] for part in inner))
print(json.dumps(dict(cpu=cpu, wall=wall, names=names, files=len(inner))))
"""
_MOCKED: Final = """
from tests.infra.program.recorder import record_program
recording = record_program({stack!r}, {config!r})
assert recording.error is None, recording.error
"""

METHOD = f"""\
CPU and wall time of the imports alone, in a fresh process each: not the start of the interpreter,
nor a run of the program. Which modules of the SDK a stack loads, and how many files of theirs, was
found by running the program under Pulumi's mocks, with what its environment requires and nothing
else. Byte code is compiled, and the files are in the system's cache. {_ROUNDS} rounds, one process
of each kind in turn."""

BOUND = """\
The SDK has a module for each service of Azure, and loads it when the program first takes something
from it; a module is loaded as a whole, used or not. Most of what prod adds is `network`, which it
needs for its private endpoint. A program that imported the SDK eagerly would wait for the last row
with every preview."""


@dataclass(frozen=True, slots=True)
class _Loaded:
    """What one process imported, and how long it took."""

    cpu: float
    wall: float
    names: Sequence[str]
    files: int


def run() -> Section:
    kinds = _kinds()
    loaded = {what: _load(statements) for what, statements in kinds.items()}  # compiles them
    timings = Timings()
    for _ in range(_ROUNDS):
        for what, statements in kinds.items():
            found = _load(statements)
            timings.add(what, wall=found.wall, cpu=found.cpu)
    rows = [_row(what, timings, loaded[what]) for what in kinds]
    header = ("", "CPU", "wall", "modules of the SDK", "files in them")
    return Section("Importing the infrastructure program", METHOD, Table(header, rows), BOUND)


def _kinds() -> Mapping[str, str]:
    """Statements by what they are."""
    return {
        "`import pulumi`": "import pulumi",
        "the program": _PROGRAM,
        **{f"the program, with what {name} loads": _with_modules_of(name) for name in REQUIRED},
        "the program, with `network` alone": _loading(["network"]),
        "the program, with the whole SDK": _loading(None),
    }


def _with_modules_of(environment: str) -> str:
    config = {"environment": environment, **REQUIRED[environment]}
    return _loading(_load(_MOCKED.format(stack=environment, config=config)).names)


def _loading(names: Sequence[str] | None) -> str:
    """The program, and these modules; all that there are for None."""
    return _PROGRAM + _LOAD.format(names=_EVERY_NAME if names is None else repr(names))


def _load(statements: str) -> _Loaded:
    path = os.pathsep.join([str(ROOT), str(INFRA)])
    done = subprocess.run(
        [sys.executable, "-c", _CHILD.format(statements=statements)],
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": path},
        check=True,
        capture_output=True,
        text=True,
    )
    return _Loaded(**json.loads(done.stdout))


def _row(what: str, timings: Timings, loaded: _Loaded) -> tuple[str, ...]:
    cpu, wall = time(timings.cpu[what]), time(timings.wall[what])
    return (what, cpu, wall, str(len(loaded.names)), f"{loaded.files:,}")
