"""A run that is killed goes on from its journal: nothing lost, nothing twice."""

from __future__ import annotations

import subprocess
import time
from pathlib import Path

import pytest

from ingenious_storage import Storage
from tests.ops.cli.harness import SCRIPT, Cli

CONVERSATIONS = 200
WHERE = ["--from", "./app", "--to", "cloud:data", "--layout", "ingenious"]


@pytest.mark.slow
def test_a_run_that_is_killed_three_times(both: Cli) -> None:
    names = [f"chat-{number:03}" for number in range(CONVERSATIONS)]
    for name in names:
        both.write(f"app/memory/{name}/context.md", f"of {name}")
    for done in (5, 25, 50):
        _run_and_kill(done)
    counts = both.data("migrate", "run", *WHERE)["counts"]
    # What was written and not noted is found to be equal: one for each worker and kill.
    assert counts["copied"] + counts["equal"] + counts["unchanged"] == CONVERSATIONS
    assert counts["unchanged"] >= 50
    assert counts["equal"] <= 3 * 4
    with Storage.from_config("cloud") as storage:
        memories = storage.memory.load_many(names)
        assert memories == {name: {"context": f"of {name}"} for name in names}
        assert all(len(storage.memory.history(name)) == 1 for name in names)
    assert both.data("migrate", "verify", *WHERE)["equal"] == CONVERSATIONS


def _run_and_kill(done: int) -> None:
    """SIGKILL once the journal has that many lines."""
    speed = ["--workers", "4", "--max-requests", "60"]
    command = [str(SCRIPT), "-q", "migrate", "run", *WHERE, *speed]
    with subprocess.Popen(command, stderr=subprocess.PIPE) as process:
        deadline = time.monotonic() + 110
        while _lines() <= done and process.poll() is None:
            assert time.monotonic() < deadline
            time.sleep(0.005)
        process.kill()
    assert process.returncode == -9, "it ended before it was killed"


def _lines() -> int:
    journals = list(Path(".ingenious").glob("*.jsonl"))
    return journals[0].read_bytes().count(b"\n") if journals else 0
