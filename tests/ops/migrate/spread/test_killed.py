"""A migration over processes or a cluster whose parts are killed: nothing lost, nothing twice.

What was written is read from the log of the store itself. A gate on the way to it holds the request
at which a process is killed.
"""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest

from tests.ops.migrate.harness import many, read_blobs, write_tree
from tests.ops.migrate.processes import finish, journal_lines, start
from tests.support.polling import eventually
from tests.support.servers.azurite import Azurite, run_azurite
from tests.support.servers.dask import Cluster, run_dask
from tests.support.servers.gates import GateDoor, gate_door

pytestmark = [pytest.mark.slow, pytest.mark.timeout(600)]

COUNT = 1300  # three ranges
NAME = "killed"
WHERE = ("--from", "./src", "--to", "new:data", "--workers", "4")
FIRST, SECOND, THIRD = (f"PUT /devstoreaccount1/{NAME}/{n}/".encode() for n in (0, 3, 6))
"""The first write of a folder: each is in another range, as files are in seven folders."""
PROFILES = """
profiles:
  new:
    storage: {type: azure_blob, connection_string: "${THE_STORE}", container_data: killed}
"""


class Store:
    """Azurite, and what it was asked to write."""

    def __init__(self, folder: Path, azurite: Azurite, door: GateDoor) -> None:
        self.folder, self.azurite, self.door = folder, azurite, door
        self.env = {
            "THE_STORE": azurite.connection_string.replace(f":{azurite.port}/", f":{door.port}/")
        }

    def writes(self) -> Counter[str]:
        """How often each object was written, by the answers of the store."""
        log = (self.folder / "azurite" / "azurite.log").read_text()
        found = re.findall(rf'"PUT /devstoreaccount1/{NAME}/(\S+?)(?:\?\S*)? HTTP/1.1" 201', log)
        return Counter(name for name in found if not name.startswith("ingenious-journals"))

    def check(self) -> None:
        """Everything is there, written once, and no journal is left."""
        assert read_blobs(self.azurite, NAME) == many(COUNT)
        assert len(self.writes()) == COUNT
        assert set(self.writes().values()) == {1}


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    write_tree(tmp_path / "src", many(COUNT))
    (tmp_path / "profiles.yml").write_text(PROFILES)
    (tmp_path / "azurite").mkdir()
    with (
        run_azurite(tmp_path / "azurite", log_requests=True) as azurite,
        gate_door(azurite.port, FIRST, SECOND, THIRD) as door,
    ):
        yield Store(tmp_path, azurite, door)


def ended(process: subprocess.Popen[str]) -> tuple[int, str, str]:
    out, err = process.communicate(timeout=500)
    return process.returncode, out, err


def test_two_processes_are_killed(store: Store) -> None:
    args = ("run", *WHERE, "--executor", "processes", "--processes", "2")
    with start(args, store.folder, store.env) as command:
        for needle in (FIRST, THIRD):
            os.kill(store.door.held(needle), signal.SIGKILL)
            store.door.let_go(needle)  # it lands after the death of who sent it
            store.door.let_go(SECOND)
        code, _, err = ended(command)
    assert code == 0, err
    assert err.count("SIGKILL at range") == 2
    store.check()


def test_the_command_itself_is_killed(store: Store) -> None:
    args = ("run", *WHERE, "--executor", "processes", "--processes", "2")
    store.door.let_go(FIRST)
    store.door.let_go(SECOND)
    with start(args, store.folder, store.env) as command:
        worker = store.door.held(THIRD)
        eventually(lambda: journal_lines(store.folder) >= 500, within=100)
        command.kill()
        command.wait(timeout=60)  # its pipes are those of its workers too
    store.door.let_go(THIRD)
    eventually(lambda: not _is_alive(worker), within=100)  # it ends with its range
    (journal,) = (store.folder / ".ingenious").glob("*.jsonl")
    journal.unlink()  # as on another machine
    code, out, err = finish(
        ("run", *WHERE, "--executor", "processes", "--json"), store.folder, store.env
    )
    assert code == 0, err
    counts = json.loads(out)["data"]["counts"]
    assert counts["unchanged"] >= 500
    assert sum(counts.values()) == COUNT
    store.check()


def _is_alive(pid: int) -> bool:
    """Nobody may be there to take note of an orphan's end."""
    try:
        return bool(psutil.Process(pid).status() != psutil.STATUS_ZOMBIE)
    except psutil.NoSuchProcess:
        return False


@pytest.fixture
def cluster(store: Store) -> Iterator[Cluster]:
    with run_dask(store.folder / "dask", workers=3, env=store.env) as running:
        running.wait_for(3)
        yield running


def on(cluster: Cluster) -> tuple[str, ...]:
    return ("--executor", "dask", "--scheduler", cluster.address)


def test_a_worker_of_a_cluster_is_killed_twice(store: Store, cluster: Cluster) -> None:
    with start(("run", *WHERE, *on(cluster)), store.folder, store.env) as command:
        for number, needle in enumerate((FIRST, THIRD)):
            cluster.kill(cluster.name_of(store.door.held(needle)))
            store.door.let_go(needle)
            store.door.let_go(SECOND)
            cluster.add(f"again{number}")
        code, _, err = ended(command)
    assert code == 0, err
    store.check()
    code, out, err = finish(("verify", *WHERE, *on(cluster), "--json"), store.folder, store.env)
    assert code == 0, err
    assert json.loads(out)["data"]["equal"] == COUNT


def test_the_scheduler_is_killed_and_a_second_run_goes_on(store: Store, cluster: Cluster) -> None:
    store.door.let_go(FIRST)
    store.door.let_go(SECOND)
    with start(("run", *WHERE, *on(cluster)), store.folder, store.env) as command:
        store.door.held(THIRD)
        eventually(lambda: journal_lines(store.folder) >= 500, within=100)
        cluster.kill_scheduler()
        code, _, err = ended(command)
    assert code == 1
    assert "[bulk_scheduler_lost]" in err
    store.door.let_go(THIRD)
    cluster.start()
    for number in range(2):
        cluster.add(f"new{number}")
    code, out, err = finish(("run", *WHERE, *on(cluster), "--json"), store.folder, store.env)
    assert code == 0, err
    counts = json.loads(out)["data"]["counts"]
    assert counts["unchanged"] >= 500
    assert sum(counts.values()) == COUNT
    store.check()


def test_a_worker_of_another_account_is_refused(store: Store, tmp_path: Path) -> None:
    other = store.env["THE_STORE"].replace("127.0.0.1", "localhost")
    with run_dask(tmp_path / "dask", workers=1, env={"THE_STORE": other}) as cluster:
        cluster.wait_for(1)
        code, _, err = finish(("run", *WHERE, *on(cluster)), store.folder, store.env)
    assert code == 1
    assert "[bulk_worker_place]" in err
    assert not store.writes()
