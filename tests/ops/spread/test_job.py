"""A worker begins only where the storage of the command is."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from ingenious_ops.bulk.choice import Choice
from ingenious_ops.bulk.errors import LiteralSecretError, WorkerPlaceError
from ingenious_ops.bulk.packing import pack, unpack
from ingenious_ops.spread.job import Job
from ingenious_storage.errors import ConfigurationError
from tests.ops.spread.place import Place

PROCESSES, DASK = Choice("processes", processes=2), Choice("dask", "tcp://nobody:8786")


def work_in(job: Job) -> int:
    with job.storage() as storage:
        return len(list(storage.memory.list_conversations()))


@pytest.mark.parametrize("choice", [PROCESSES, DASK])
def test_a_worker_has_the_storage_of_the_command(
    choice: Choice, written: Place, folder: Path
) -> None:
    with written.job(choice) as job:
        assert work_in(unpack(pack(job))) == 40
    assert not list((written.folder / "data").glob(".ingenious*"))


def test_another_place_is_refused(written: Place, folder: Path) -> None:
    with written.job(PROCESSES) as job, pytest.raises(WorkerPlaceError) as caught:
        work_in(replace(job, place="local /elsewhere: a, b"))
    assert str(written.folder) in caught.value.message


def test_another_folder_of_the_same_name_is_refused(written: Place, folder: Path) -> None:
    with written.job(DASK) as job:
        (mark,) = (written.folder / "data").glob(".ingenious*")
        mark.unlink()  # as on another machine
        with pytest.raises(WorkerPlaceError, match="another folder of the same name"):
            work_in(job)


def test_where_nothing_is_stored_nothing_is_put(folder: Path) -> None:
    place = Place(folder / "nothing").configured()
    with place.job(DASK) as job:
        assert job.mark == ""
    assert not (folder / "nothing" / "data").exists()


@pytest.mark.parametrize(
    ("storage", "choice", "error"),
    [
        ({"type": "inmemory"}, PROCESSES, ConfigurationError),
        ({"type": "inmemory"}, DASK, ConfigurationError),
        ({"account_key": "bm8gc2VjcmV0", "account_name": "a"}, DASK, LiteralSecretError),
    ],
)
def test_what_others_do_not_reach_is_refused(
    storage: dict[str, Any], choice: Choice, error: type[Exception], folder: Path
) -> None:
    place = Place(folder / "place").configured(**storage)
    with pytest.raises(error), place.job(choice):
        pass


def test_shards_in_folders_are_for_one_machine(folder: Path) -> None:
    shards = {name: {"type": "local", "local": {"base_path": str(folder / name)}} for name in "ab"}
    place = Place(folder / "place").configured(type="sharded", sharded={"shards": shards})
    with place.job(PROCESSES) as job:
        assert work_in(job) == 0
    with pytest.raises(WorkerPlaceError, match="some shards are folders"), place.job(DASK):
        pass
