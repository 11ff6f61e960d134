"""Side of a comparison: the code of one checkout, in a process that takes turns."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, ExitStack, contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final

from benchmarks.machine import SCRATCH
from benchmarks.measure import Timings

Variables = Callable[[str], Mapping[str, str]]
"""The environment of a side whose own folder is named."""
_WORKER: Final = Path(__file__).with_name("worker.py")


class Side:
    """A running worker."""

    def __init__(self, process: subprocess.Popen[str]) -> None:
        self._process = process
        self._answer()

    def turn(self) -> tuple[float, float]:
        """Wall and CPU seconds of one turn."""
        assert self._process.stdin is not None
        print(file=self._process.stdin, flush=True)
        wall, cpu = map(float, self._answer().split())
        return wall, cpu

    def _answer(self) -> str:
        assert self._process.stdout is not None
        line = self._process.stdout.readline()
        if not line:
            raise RuntimeError("a worker ended; what it said is above")
        return line


@contextmanager
def side(place: Path, operation: str, count: int, variables: Variables) -> Iterator[Side]:
    """A worker of the checkout at `place`, in an empty folder: no file of configuration there."""
    words = (sys.executable, str(_WORKER), str(place), operation, str(count))
    with (
        TemporaryDirectory(dir=SCRATCH) as folder,
        worker(words, folder, variables(folder)) as made,
    ):
        yield made


@contextmanager
def worker(words: Sequence[str], folder: str, variables: Mapping[str, str]) -> Iterator[Side]:
    """A program that answers each line of its input with the seconds of one turn."""
    process = subprocess.Popen(
        words,
        cwd=folder,
        env={**os.environ, **variables},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    with process:
        yield Side(process)


def take_turns(
    sides: Mapping[str, Callable[[], AbstractContextManager[Side]]],
    *,
    rounds: int,
    turns: int,
    count: int,
) -> Timings:
    """Seconds of one operation by side. A round starts new processes, and both go first in turn."""
    timings = Timings()
    for number in range(rounds):
        spent = {name: [0.0, 0.0] for name in sides}
        with ExitStack() as stack:
            running = {name: stack.enter_context(start()) for name, start in sides.items()}
            for each in range(turns):
                for name in [*sides][:: 1 if (number + each) % 2 else -1]:
                    for index, seconds in enumerate(running[name].turn()):
                        spent[name][index] += seconds / (turns * count)
        for name, (wall, cpu) in spent.items():
            timings.add(name, wall=wall, cpu=cpu)
    return timings
