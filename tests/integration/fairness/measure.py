"""How evenly writers of one conversation get through: counts and times of each of them."""

from __future__ import annotations

import json
import os
import statistics
import subprocess
import sys
from collections import Counter
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Final, Literal

from ingenious_storage import Storage
from ingenious_storage.config import Settings, StorageSettings
from tests.integration.fairness.writer import CONVERSATION
from tests.support.servers.azurite import run_azurite

ROOT: Final = Path(__file__).resolve().parents[3]
_WRITER: Final = Path(__file__).with_name("writer.py")


@dataclass(frozen=True, slots=True)
class Case:
    """`writers` that each call again at once, or after up to `think` s."""

    place: Literal["local", "azurite"]
    kind: Literal["processes", "threads"]
    writers: int
    think: float = 0.0

    def __str__(self) -> str:
        thought = f"{self.think * 1000:g}ms" if self.think else "back-to-back"
        return f"{self.place}-{self.writers}-{self.kind}-{thought}"


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came of a case: seconds of each call by writer, and how often which error came."""

    seconds: float
    took: list[list[float]]
    errors: Counter[str]
    stored: int
    """Revisions in the history afterwards."""

    @property
    def calls(self) -> int:
        return sum(map(len, self.took))

    @property
    def longest(self) -> float:
        return max(map(max, self.took))

    @property
    def median(self) -> float:
        return statistics.median(call for calls in self.took for call in calls)

    @property
    def per_second(self) -> float:
        return self.calls / self.seconds

    @property
    def least_share(self) -> float:
        """What the writer with the fewest calls got, as a part of its fair share."""
        return min(map(len, self.took)) * len(self.took) / self.calls


def measure(case: Case, seconds: float, *, library: Path = ROOT) -> Outcome:
    """Run a case for so long with the `ingenious_storage` of the checkout `library`."""
    with ExitStack() as opened:
        folder = Path(opened.enter_context(TemporaryDirectory()))
        storage: dict[str, Any] = {"type": "local", "base_path": str(folder / "memory")}
        if case.place == "azurite":
            server = opened.enter_context(run_azurite(folder / "azurite"))
            storage = {"type": "azure_blob", "connection_string": server.connection_string}
        numbers = list(range(case.writers))
        teams = [[number] for number in numbers] if case.kind == "processes" else [numbers]
        tasks = [
            {"storage": storage, "seconds": seconds, "think": case.think, "writers": team}
            for team in teams
        ]
        processes = [opened.enter_context(_start(folder, library)) for _ in tasks]
        for process, task in zip(processes, tasks, strict=True):
            _tell(process, json.dumps(task))
            assert process.stdout
            assert process.stdout.readline() == "ready\n"
        for process in processes:
            _tell(process, "go")
        told = [writer for process in processes for writer in json.loads(process.communicate()[0])]
        return Outcome(
            seconds,
            [writer["took"] for writer in told],
            sum((Counter(writer["errors"]) for writer in told), Counter[str]()),
            _revisions(storage),
        )


def _start(folder: Path, library: Path) -> subprocess.Popen[str]:
    """A process of writers that waits for its task."""
    plain = {k: v for k, v in os.environ.items() if not k.startswith(("AZURE_", "INGENIOUS_"))}
    return subprocess.Popen(
        [sys.executable, "-P", _WRITER],
        cwd=folder,
        env={**plain, "PYTHONPATH": str(library)},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )


def _tell(process: subprocess.Popen[str], line: str) -> None:
    assert process.stdin
    process.stdin.write(f"{line}\n")
    process.stdin.flush()


def _revisions(settings: dict[str, Any]) -> int:
    with Storage(Settings(storage=StorageSettings(**settings))) as storage:
        return storage.memory.history(CONVERSATION, limit=1)[0].number
