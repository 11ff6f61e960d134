"""Start-up: importing the library, and the command line's help."""

from __future__ import annotations

import subprocess
import sys
import sysconfig
from collections.abc import Mapping, Sequence
from pathlib import Path
from time import perf_counter
from typing import Final

from benchmarks.measure import Timings
from benchmarks.report import COMPARED, Section, Table, compared

TARGET: Final = 2.5
_ROUNDS: Final = 25
_NOTHING: Final = "an empty program"
_PYTHON: Final = (sys.executable, "-c")
_SCRIPT: Final = Path(sysconfig.get_path("scripts"), "ingenious-storage")
_COMMANDS: Final[Mapping[str, Sequence[str]]] = {
    "help": (str(_SCRIPT), "--help"),
    "click": (*_PYTHON, "import click"),
    "library": (*_PYTHON, "import ingenious_storage"),
    "storage": (*_PYTHON, "from ingenious_storage import Storage"),
    "nothing": (*_PYTHON, "pass"),
}

METHOD = f"""\
Wall time of a process from its start to its end, output thrown away; byte code is compiled, and
the files are in the system's cache. {_ROUNDS} rounds, one process of each kind in turn."""

BOUND = """\
The interpreter's own start and click are most of `--help`: a command's module, and with it the
library, is imported when the command runs. `import ingenious_storage` imports little more than
`typing` until a name is used; `Storage` brings pydantic, OpenTelemetry and
orjson, and no cloud SDK (the tests assert that)."""


def run() -> Section:
    wall = _measure().wall
    rows = [
        compared(
            "`ingenious-storage --help`",
            wall["help"],
            "`import click`",
            wall["click"],
            target=TARGET,
        ),
        compared("`import ingenious_storage`", wall["library"], _NOTHING, wall["nothing"]),
        compared(
            "`from ingenious_storage import Storage`", wall["storage"], _NOTHING, wall["nothing"]
        ),
    ]
    return Section("Starting", METHOD, Table(COMPARED, rows), BOUND)


def _measure() -> Timings:
    for command in _COMMANDS.values():
        _run(command)
    timings = Timings()
    for _ in range(_ROUNDS):
        for name, command in _COMMANDS.items():
            started = perf_counter()
            _run(command)
            timings.add(name, wall=perf_counter() - started, cpu=0.0)
    return timings


def _run(command: Sequence[str]) -> None:
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
