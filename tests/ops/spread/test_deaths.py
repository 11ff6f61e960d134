"""A worker that is killed when it has done a range and told nobody changes no result."""

from __future__ import annotations

import os
import signal
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from ingenious_ops.bulk.choice import Choice
from ingenious_ops.bulk.opening import open_executor
from ingenious_ops.bulk.work import Death
from tests.ops.bulk.works import Gates
from tests.ops.spread.acts import ACTS
from tests.ops.spread.held_works import HeldSpread
from tests.ops.spread.place import Place
from tests.support.polling import eventually
from tests.support.servers.dask import Cluster

pytestmark = pytest.mark.slow

Kill = Callable[[int], None]


@pytest.fixture(params=["processes", "dask"])
def executor(request: pytest.FixtureRequest) -> tuple[Choice, Kill]:
    if request.param == "processes":
        return Choice("processes", processes=2), lambda pid: os.kill(pid, signal.SIGKILL)
    cluster: Cluster = request.getfixturevalue("cluster")

    def kill(pid: int) -> None:
        name = cluster.name_of(pid)
        cluster.kill(name)
        cluster.add(f"{name}-again")

    return Choice("dask", cluster.address), kill


def begun(act: str, place: Place, spread: HeldSpread) -> Callable[[], Any]:
    """Does it in a thread; what it gives waits for the end, and raises what ended it."""
    ended: list[Any] = []

    def run() -> None:
        try:
            with place.storage() as storage:
                ended.append(ACTS[act](place, storage, spread))
        except Exception as error:  # noqa: BLE001  # raised in the test
            ended.append(error)

    def result() -> Any:
        found = eventually(lambda: ended, within=150)[0]
        if isinstance(found, Exception):
            raise found
        return found

    threading.Thread(target=run, daemon=True).start()
    return result


@pytest.mark.parametrize("act", ACTS)
def test_one_that_is_killed_changes_nothing(
    act: str,
    executor: tuple[Choice, Kill],
    written: Place,
    encryption: dict[str, Any],
    folder: Path,
) -> None:
    given = {"encryption": encryption} if act == "encrypted" else {}
    one = written.copied(folder / "one", **given)
    many = written.copied(folder / "many", **given)
    with one.storage() as storage:
        expected = ACTS[act](one, storage, None)
    (folder / "gates").mkdir()
    (choice, kill), gates, deaths = executor, Gates(folder / "gates", held=(1,)), list[Death]()
    most = 1 if act == "exported_sets" else 9
    with many.job(choice) as job, open_executor(choice, threads=1) as workers:
        spread = HeldSpread(workers, job, deaths.append, most, gates)
        result = begun(act, many, spread)
        first = gates.worker_at(1)
        kill(first)
        second = gates.worker_at(1, besides=(first,))
        gates.open(1)
        assert result() == expected
    assert second != first
    if choice.name == "processes":
        assert [death.reason for death in deaths] == ["SIGKILL"]
