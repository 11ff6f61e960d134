"""Workers that die: their ranges go to others, and one that kills them all is named."""

from __future__ import annotations

import os
import signal
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from ingenious_ops.bulk.choice import Choice
from ingenious_ops.bulk.cluster.executor import Cluster as ClusterExecutor
from ingenious_ops.bulk.errors import (
    RangeLostError,
    SchedulerError,
    SchedulerLostError,
    WorkerVersionError,
)
from ingenious_ops.bulk.opening import open_executor
from ingenious_ops.bulk.processes.executor import MAX_DEATHS, Processes
from ingenious_ops.bulk.work import Death, Outcome, Work
from tests.ops.bulk.works import Gates, done, gated, ranges
from tests.support.polling import eventually
from tests.support.servers.dask import Cluster, run_dask

pytestmark = pytest.mark.slow


@pytest.fixture
def cluster(tmp_path: Path) -> Iterator[Cluster]:
    with run_dask(tmp_path / "dask", workers=2) as running:
        running.wait_for(2)
        yield running


def collected(made: Iterator[Outcome]) -> Callable[[], list[Outcome] | BaseException]:
    """Takes all outcomes in a thread; what it gives waits for the end."""
    ended: list[list[Outcome] | BaseException] = []

    def take() -> None:
        try:
            ended.append(list(made))
        except Exception as error:  # noqa: BLE001  # it is what the test asks for
            ended.append(error)

    threading.Thread(target=take, daemon=True).start()
    return lambda: eventually(lambda: ended, within=110)[0]


def test_the_range_of_a_killed_process_goes_to_another(tmp_path: Path) -> None:
    gates, deaths = Gates(tmp_path, held=(1,)), list[Death]()
    with Processes(2) as executor:
        end = collected(executor.run(Work(gated, gates), ranges(6), on_death=deaths.append))
        first = gates.worker_at(1)
        os.kill(first, signal.SIGKILL)
        second = gates.worker_at(1, besides=(first,))
        gates.open(1)
        found = end()
    assert isinstance(found, list)
    assert sorted(outcome.range.number for outcome in found) == list(range(6))
    assert done(tmp_path) == list(range(6))
    assert next(each.result for each in found if each.range.number == 1) == second
    (death,) = deaths
    assert (death.worker, death.reason) == (f"process {first}", "SIGKILL")
    assert death.range == ranges(6)[1]


def test_a_range_that_kills_its_workers_is_named(tmp_path: Path) -> None:
    gates, killed = Gates(tmp_path, held=(1,)), list[int]()
    with Processes(2) as executor:
        end = collected(executor.run(Work(gated, gates), ranges(3)))
        for _ in range(MAX_DEATHS):
            killed.append(gates.worker_at(1, besides=tuple(killed)))
            os.kill(killed[-1], signal.SIGKILL)
        error = end()
    assert isinstance(error, RangeLostError)
    assert "range 1 ('k002' to 'k003', 2 keys) has cost 3 workers" in error.message
    assert "SIGKILL" in error.message


def test_no_process_is_left_when_it_is_closed(tmp_path: Path) -> None:
    gates = Gates(tmp_path, held=(0, 1))
    with Processes(2) as executor:
        made = executor.run(Work(gated, gates), ranges(2))
        end = collected(made)
        both = [gates.worker_at(0), gates.worker_at(1)]
        gates.open(0)
        gates.open(1)
        end()
    assert not any(map(is_alive, both))


def is_alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True


def test_the_task_of_a_killed_worker_goes_to_another(cluster: Cluster, tmp_path: Path) -> None:
    gates, deaths = Gates(tmp_path, held=(1,)), list[Death]()
    with open_executor(Choice("dask", cluster.address), threads=1) as executor:
        end = collected(executor.run(Work(gated, gates), ranges(6), on_death=deaths.append))
        first = gates.worker_at(1)
        cluster.kill(cluster.name_of(first))
        second = gates.worker_at(1, besides=(first,))
        # It is held until the roll was called: the run does not end before.
        eventually(lambda: deaths, within=90)
        gates.open(1)
        found = end()
    assert isinstance(found, list)
    assert sorted(outcome.range.number for outcome in found) == list(range(6))
    assert next(each.result for each in found if each.range.number == 1) == second
    assert {*done(tmp_path)} == {*range(6)}
    assert "left the cluster" in deaths[0].reason


def test_a_task_that_kills_its_workers_is_named(tmp_path: Path) -> None:
    env = {"DASK_DISTRIBUTED__SCHEDULER__ALLOWED_FAILURES": "1"}
    gates, killed = Gates(tmp_path, held=(1,)), list[int]()
    with run_dask(tmp_path / "dask", workers=3, env=env) as cluster:
        cluster.wait_for(3)
        with ClusterExecutor(cluster.address) as executor:
            end = collected(executor.run(Work(gated, gates), ranges(3)))
            for _ in range(2):
                killed.append(gates.worker_at(1, besides=tuple(killed)))
                cluster.kill(cluster.name_of(killed[-1]))
            error = end()
    assert isinstance(error, RangeLostError)
    assert "range 1 ('k002' to 'k003', 2 keys) has cost 2 workers" in error.message


def test_a_scheduler_that_goes_away_ends_the_run(cluster: Cluster, tmp_path: Path) -> None:
    gates = Gates(tmp_path, held=(1,))
    with ClusterExecutor(cluster.address) as executor:
        end = collected(executor.run(Work(gated, gates), ranges(3)))
        gates.worker_at(1)
        cluster.kill_scheduler()
        error = end()
        assert isinstance(error, SchedulerLostError)
        assert error.code == "bulk_scheduler_lost"


def test_a_worker_of_another_version_is_refused_before_any_work(
    cluster: Cluster, tmp_path: Path
) -> None:
    other = tmp_path / "other" / "ingenious_storage-9.9.dist-info"
    other.mkdir(parents=True)
    (other / "METADATA").write_text(
        "Metadata-Version: 2.1\nName: ingenious-storage\nVersion: 9.9\n"
    )
    gates = Gates(tmp_path, held=(0, 1))
    with ClusterExecutor(cluster.address) as executor:
        # One that comes later is refused by what it is sent.
        end = collected(executor.run(Work(gated, gates), ranges(30)))
        gates.worker_at(0)
        gates.worker_at(1)
        cluster.add("other", {"PYTHONPATH": str(other.parent)})
        error = end()
        assert isinstance(error, WorkerVersionError)
        assert "has ingenious-storage 9.9, and this command has" in error.message
        assert done(tmp_path) == []
    with pytest.raises(WorkerVersionError, match=r"the worker tcp.* has ingenious-storage 9\.9"):
        ClusterExecutor(cluster.address)
    gates.open(0)
    gates.open(1)


def test_without_a_scheduler_or_workers_it_says_so(tmp_path: Path) -> None:
    from ingenious_ops.bulk.cluster.connection import connect

    with run_dask(tmp_path / "dask") as cluster:
        with pytest.raises(SchedulerError, match="has no workers"):
            connect(cluster.address, timeout=5)
        cluster.kill_scheduler()
        with pytest.raises(SchedulerError, match="no scheduler answers"):
            connect(cluster.address, timeout=1)
    with pytest.raises(SchedulerError):
        connect("nonsense://x", timeout=1)
