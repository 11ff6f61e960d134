"""A run that is killed, or interrupted, goes on where it was: nothing lost, nothing twice."""

from __future__ import annotations

import json
import signal
from collections import Counter
from pathlib import Path

import pytest

from tests.ops.migrate.harness import (
    bare,
    environment,
    many,
    read_blobs,
    read_tree,
    sha256,
    write_tree,
)
from tests.ops.migrate.processes import (
    finish,
    journal_lines,
    kill_at,
    start,
    wait_for_lines,
)
from tests.support.polling import eventually
from tests.support.servers.azurite import Azurite

pytestmark = pytest.mark.slow

COUNT = 200
WHERE = ("--from", "./src", "--to", "data")
# Slow enough to be caught in the middle.
SLOW = ("run", *WHERE, "--max-requests", "150", "--workers", "8")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    write_tree(tmp_path / "src", many(COUNT))
    return tmp_path


def entries(folder: Path) -> list[dict[str, str]]:
    """The journal's lines behind its header, each of them whole."""
    (path,) = (folder / ".ingenious").glob("*.jsonl")
    data = path.read_bytes()
    assert data.endswith(b"\n")
    return [json.loads(line) for line in data.splitlines()[1:]]


def test_three_kills(azurite: Azurite, container_name: str, folder: Path) -> None:
    env = environment(azurite, container_name)
    for count in (20, 80, 150):
        kill_at(SLOW, folder, count, env)
        assert journal_lines(folder) < COUNT
    before = journal_lines(folder)
    with bare(azurite, container_name) as client:
        written = {blob.name: blob.etag for blob in client.list_blobs()}
    code, out, err = finish(("run", *WHERE, "--json"), folder, env)
    assert code == 0, err
    counts = json.loads(out)["data"]["counts"]
    assert counts["unchanged"] == before
    assert counts["equal"] == len(written) - before  # they landed, and were not written down
    assert counts["copied"] == COUNT - len(written)
    with bare(azurite, container_name) as client:
        now = {blob.name: blob.etag for blob in client.list_blobs()}
    assert {key: now[key] for key in written} == written  # nothing was written twice
    assert read_blobs(azurite, container_name) == many(COUNT)
    lines = entries(folder)
    assert Counter(line["key"] for line in lines) == Counter(dict.fromkeys(many(COUNT), 1))
    assert {line["key"]: line["sha256"] for line in lines} == {
        key: sha256(data) for key, data in many(COUNT).items()
    }


def test_three_kills_on_a_folder(folder: Path) -> None:
    source = many(10 * COUNT)  # no limit holds it up: who kills it may be slow to see where it is
    write_tree(folder / "src", source)
    args = ("run", "--from", "./src", "--to", "./out", "--workers", "2")
    for count in (10, 60, 110):
        kill_at(args, folder, count)
    code, _, err = finish(args, folder)
    assert code == 0, err
    found = read_tree(folder / "out")
    leftovers = {name for name in found if ".ingenious-tmp-" in name}
    assert {name: found[name] for name in set(found) - leftovers} == source
    assert len(leftovers) <= 3 * 2
    assert finish(("verify", "--from", "./src", "--to", "./out"), folder)[0] == 0


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_an_interrupted_run_ends_what_it_has_begun(folder: Path, number: signal.Signals) -> None:
    with start(SLOW, folder) as process:
        wait_for_lines(process, folder, 10)
        process.send_signal(number)
        out, err = process.communicate(timeout=110)
    assert process.returncode == 130
    assert out == ""
    assert "stopping: what has begun is finished" in err
    assert "not begun: run the same command to go on" in err
    assert "Traceback" not in err
    done = {line["key"] for line in entries(folder)}
    assert 10 <= len(done) < COUNT
    stored = [path for path in (folder / "data" / "ingenious-data").rglob("*") if path.is_file()]
    assert sum(path.read_bytes() in many(COUNT).values() for path in stored) == len(done)
    code, out, _ = finish(("run", *WHERE, "--json"), folder)
    assert code == 0
    counts = json.loads(out)["data"]["counts"]
    assert (counts["unchanged"], counts["copied"]) == (len(done), COUNT - len(done))


def test_a_second_interrupt_ends_it_at_once(folder: Path) -> None:
    slowest = ("run", *WHERE, "--max-bandwidth", "5", "--workers", "4")  # a minute an object
    with start(slowest, folder) as process:
        wait_for_lines(process, folder, 0)
        # Before its workers have begun nothing is waited for, and the first one ends it.
        tasks = Path(f"/proc/{process.pid}/task")
        eventually(lambda: len(list(tasks.iterdir())) > 4)
        process.send_signal(signal.SIGINT)
        assert process.stderr is not None
        assert "stopping" in process.stderr.readline()
        process.send_signal(signal.SIGINT)
        process.communicate(timeout=110)
    assert process.returncode == 130
    code, out, _ = finish(("run", *WHERE, "--json"), folder)
    assert code == 0
    assert json.loads(out)["data"]["counts"]["failed"] == 0


def test_one_run_at_a_time(folder: Path) -> None:
    with start(("run", *WHERE, "--max-requests", "5"), folder) as process:
        wait_for_lines(process, folder, 5)
        code, out, _ = finish(("run", *WHERE, "--json"), folder)
        assert code == 4
        assert json.loads(out)["error"]["code"] == "journal_busy"
        process.kill()
    code, _, _ = finish(("run", *WHERE), folder)
    assert code == 0
