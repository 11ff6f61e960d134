"""Ctrl-C in every long command: it ends soon with 130, and a second run completes the work."""

from __future__ import annotations

import json
import os
import random
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import pytest

from ingenious_storage import Storage
from ingenious_storage.config import Settings, StorageSettings
from tests.support.polling import eventually
from tests.support.servers.azurite import Azurite
from tests.support.servers.doors import HangingDoor, hanging_door

pytestmark = pytest.mark.slow
WITHIN = 45.0
"""Seconds from the interrupt to the end of the process."""
MOMENTS = 20
COUNT = 150

Popen = subprocess.Popen[str]

BEGUN = """
import sys
from ingenious_ops.cli import main
print("begun", file=sys.stderr, flush=True)
main()
"""


def start(args: Sequence[str], home: Path, env: Mapping[str, str] | None = None) -> Popen:
    return subprocess.Popen(
        [sys.executable, "-c", BEGUN, *args],
        cwd=home,
        env={**os.environ, **(env or {})},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def wait_until_begun(process: Popen) -> None:
    assert process.stderr is not None
    assert process.stderr.readline() == "begun\n"


def behind(door: HangingDoor) -> dict[str, str]:
    key, name = Azurite.account_key, Azurite.account_name
    return {
        "INGENIOUS_STORAGE__TYPE": "azure_blob",
        "AZURE_STORAGE_CONNECTION_STRING": (
            f"DefaultEndpointsProtocol=http;AccountName={name};AccountKey={key};"
            f"BlobEndpoint=http://127.0.0.1:{door.port}/{name};"
        ),
    }


HUNG = [
    "memory import files",
    "memory export out",
    "memory export out a b c",
    "memory ls",
    "memory prune a b c --keep 1 --yes",
    "memory purge a --yes",
    "prompts import files --set s",
    "prompts export out",
    "prune --keep 1 --yes",
    "verify",
    "gc --yes",
    "migrate plan --from ./files --to data",
    "migrate run --from ./files --to data",
    "migrate verify --from ./files --to data",
    "containers ensure",
    "doctor",
    "health check",
    "health serve --port 0",
]


@pytest.mark.parametrize("times", [1, 2])
@pytest.mark.parametrize("line", HUNG)
def test_of_a_store_that_accepts_and_never_answers(line: str, times: int, tmp_path: Path) -> None:
    write_files(tmp_path)
    with hanging_door() as door, start(line.split(), tmp_path, behind(door)) as process:
        eventually(lambda: door.held > 0 or process.poll() is not None)
        asked = time.monotonic()
        for _ in range(times):
            process.send_signal(signal.SIGINT)
            time.sleep(0.1)  # as a hasty person
        _, err = process.communicate(timeout=100)
    assert time.monotonic() - asked < WITHIN
    assert process.returncode == 130
    assert "Traceback" not in err


def write_files(home: Path) -> None:
    for number in range(COUNT):
        path = home / "files" / f"c{number}.json"
        path.parent.mkdir(exist_ok=True)
        path.write_text(json.dumps({"messages": [number] * 500}))


def storage(home: Path) -> Storage:
    return Storage(Settings(StorageSettings(base_path=home / "data")))


def fill(home: Path) -> None:
    with storage(home) as opened:
        opened.memory.save_many({f"c{n}": {"messages": [n] * 500} for n in range(COUNT)})
        for number in range(COUNT // 10):
            opened.prompts.create_set(f"s{number}", {f"p{n}": "text" * 50 for n in range(20)})


def sets_as_folders(home: Path) -> None:
    for number in range(COUNT // 3):
        for name in range(5):
            path = home / "sets" / f"s{number}" / f"p{name}"
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text("text" * 50)


def memories_are_stored(home: Path) -> None:
    with storage(home) as opened:
        found = opened.memory.load_many(opened.memory.list_conversations())
        assert found == {f"c{n}": {"messages": [n] * 500} for n in range(COUNT)}
        assert all(opened.memory.history(f"c{n}")[0].number == 1 for n in range(COUNT))


def sets_are_stored(home: Path) -> None:
    with storage(home) as opened:
        names = [*opened.prompts.list_sets()]
        assert len(names) == COUNT // 3
        assert all(len(opened.prompts.get_set(name)) == 5 for name in names)


def files_are_copied(home: Path) -> None:
    copied = sorted((home / "copy").glob("*.json"))
    assert [path.read_bytes() for path in copied] == [
        path.read_bytes() for path in sorted((home / "files").glob("*.json"))
    ]
    (journal,) = (home / ".ingenious").glob("migrate-*.jsonl")
    lines = journal.read_bytes().splitlines(keepends=True)
    assert all(line.endswith(b"\n") and json.loads(line) for line in lines)
    assert {json.loads(line)["key"] for line in lines[1:]} == {path.name for path in copied}


def memories_are_exported(home: Path) -> None:
    found = [json.loads(path.read_bytes()) for path in (home / "out").glob("*.json")]
    assert len(found) == COUNT


def sets_are_exported(home: Path) -> None:
    assert sum(path.is_file() for path in (home / "out").rglob("*")) == COUNT // 10 * 20


def pruned(home: Path) -> None:
    with storage(home) as opened:
        assert all(len(opened.memory.history(f"c{n}")) == 1 for n in range(COUNT))


def with_history(home: Path) -> None:
    fill(home)
    with storage(home) as opened:
        for number in range(COUNT):
            for _ in range(33):
                opened.memory.append_messages(f"c{number}", [1])


def nothing(_home: Path) -> None:
    """Read only: that it passes is all."""


@dataclass(frozen=True)
class Work:
    line: str
    before: Callable[[Path], None]
    after: Callable[[Path], None]
    again: str = ""
    """What a second run needs beside."""


WORKS = [
    Work("memory import files", write_files, memories_are_stored),
    Work("memory export out", fill, memories_are_exported, "--force"),
    Work("prompts import sets", sets_as_folders, sets_are_stored),
    Work("prompts export out", fill, sets_are_exported, "--force"),
    Work("migrate plan --from ./files --to ./copy", write_files, nothing),
    Work("migrate run --from ./files --to ./copy", write_files, files_are_copied),
    Work("verify", fill, nothing),
    Work("gc --yes", fill, nothing),
    Work("doctor", fill, nothing),
]


@pytest.mark.timeout(3000)
@pytest.mark.parametrize("work", WORKS, ids=lambda work: "-".join(work.line.split()[:2]))
def test_at_random_moments(work: Work, tmp_path: Path) -> None:
    whole = measured(work, tmp_path / "measured")
    moments, interrupted = random.Random(work.line), 0
    for number in range(MOMENTS):
        home = tmp_path / str(number)
        home.mkdir()
        work.before(home)
        with start(work.line.split(), home) as process:
            wait_until_begun(process)
            time.sleep(moments.uniform(0, whole))
            process.send_signal(signal.SIGINT)
            asked = time.monotonic()
            _, err = process.communicate(timeout=100)
        assert time.monotonic() - asked < WITHIN
        assert process.returncode in (0, 130), err
        assert "Traceback" not in err
        interrupted += process.returncode == 130
        with start([*work.line.split(), *work.again.split()], home) as process:
            _, err = process.communicate(timeout=100)
        assert process.returncode == 0, err
        work.after(home)
    assert interrupted > 0


def measured(work: Work, home: Path) -> float:
    """Seconds that it takes by itself."""
    home.mkdir()
    work.before(home)
    with start(work.line.split(), home) as process:
        wait_until_begun(process)
        began = time.monotonic()
        _, err = process.communicate(timeout=100)
    assert process.returncode == 0, err
    work.after(home)
    return time.monotonic() - began


def test_an_import_says_how_far_it_came(tmp_path: Path, azurite: Azurite) -> None:
    """What it says is what is stored: a second run finds as many unchanged, at least."""
    write_files(tmp_path)
    with hanging_door(azurite.port) as door:
        door.open()
        env = {**behind(door), "INGENIOUS_STORAGE__CONTAINER_DATA": f"import-{os.getpid()}"}
        with start(["memory", "import", "files", "-v"], tmp_path, env) as process:
            assert process.stderr is not None
            while not process.stderr.readline().startswith("created"):
                assert process.poll() is None
            process.send_signal(signal.SIGINT)
            _, err = process.communicate(timeout=100)
        assert process.returncode == 130
        told = next(line for line in err.splitlines() if line.startswith("interrupted"))
        done = int(told.split()[3])
        assert told.startswith(f"interrupted while importing: {done} of {COUNT} done")
        assert 1 <= done < COUNT
        with start(["memory", "import", "files", "--json"], tmp_path, env) as process:
            out, err = process.communicate(timeout=100)
    counts = json.loads(out)["data"]["counts"]
    assert process.returncode == 0, err
    assert counts["unchanged"] >= done
    assert sum(counts.values()) == COUNT
