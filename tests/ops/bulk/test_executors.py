"""What all executors promise: every range once, errors by range, bugs at once, a stop."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from ingenious_ops.bulk.choice import Choice, Name
from ingenious_ops.bulk.errors import WorkerFailedError
from ingenious_ops.bulk.opening import open_executor
from ingenious_ops.bulk.work import Executor, Work
from ingenious_storage.errors import ConfigurationError, InvalidDataError
from tests.ops.bulk.works import Gates, done, faulty, gated, ranges, refusing
from tests.support.servers.dask import Cluster, run_dask


@pytest.fixture(scope="module")
def cluster(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cluster]:
    with run_dask(tmp_path_factory.mktemp("dask"), workers=2) as running:
        running.wait_for(2)
        yield running


@pytest.fixture(
    params=[
        "threads",
        pytest.param("processes", marks=pytest.mark.slow),
        pytest.param("dask", marks=pytest.mark.slow),
    ]
)
def executor(request: pytest.FixtureRequest) -> Iterator[Executor]:
    if request.param == "dask":
        choice = Choice("dask", request.getfixturevalue("cluster").address)
    else:
        choice = Choice(request.param, processes=2 if request.param == "processes" else None)
    with open_executor(choice, threads=2) as made:
        yield made


def test_every_range_is_done_once_and_two_at_a_time(executor: Executor, tmp_path: Path) -> None:
    gates = Gates(tmp_path, held=(0, 1))
    made = executor.run(Work(gated, gates), ranges(6))
    gates.open(0)
    first = next(made)
    begun = {gates.worker_at(0), gates.worker_at(1)}  # 1 is still held: both were there
    gates.open(1)
    found = [first, *made]
    assert sorted(outcome.range.number for outcome in found) == list(range(6))
    assert done(tmp_path) == list(range(6))
    assert {outcome.result for outcome in found} >= begun
    assert all(outcome.error is None for outcome in found)


def test_an_error_of_the_library_is_that_of_its_range(executor: Executor) -> None:
    found = {outcome.range.number: outcome for outcome in executor.run(Work(refusing), ranges(3))}
    assert [found[0].result, found[2].result] == ["k001", "k005"]
    assert isinstance(found[1].error, InvalidDataError)
    assert found[1].error.key == "k002"


def test_a_bug_ends_the_run_and_shows_no_secret(executor: Executor) -> None:
    with pytest.raises((WorkerFailedError, ZeroDivisionError)) as caught:
        list(executor.run(Work(faulty), ranges(3)))
    if isinstance(caught.value, WorkerFailedError):
        assert "range " in str(caught.value)
        assert "ZeroDivisionError" in str(caught.value)
        assert "abcd" not in str(caught.value)


def test_after_a_stop_nothing_begins(executor: Executor, tmp_path: Path) -> None:
    stopped: list[bool] = []
    made = executor.run(Work(gated, Gates(tmp_path)), ranges(200), stopped=lambda: bool(stopped))
    next(made)
    stopped.append(True)
    list(made)
    assert 1 <= len(done(tmp_path)) < 200


def test_it_runs_again_after_a_run_that_was_left_early(executor: Executor, tmp_path: Path) -> None:
    made = executor.run(Work(gated, Gates(tmp_path)), ranges(50))
    next(made)
    made.close()  # type: ignore[attr-defined]  # all of them are generators
    assert len(list(executor.run(Work(refusing), ranges(2)))) == 2


@pytest.mark.parametrize(
    ("name", "scheduler", "processes"),
    [
        ("dask", None, None),
        ("threads", "tcp://x:1", None),
        ("processes", "tcp://x:1", None),
        ("threads", None, 2),
        ("dask", "tcp://x:1", 2),
    ],
)
def test_what_does_not_fit_an_executor_is_refused(
    name: Name, scheduler: str | None, processes: int | None
) -> None:
    with pytest.raises(ConfigurationError):
        Choice(name, scheduler, processes)
