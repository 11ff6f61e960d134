"""What may travel to a worker, and what is refused before one is asked."""

from __future__ import annotations

import copyreg
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
import tblib.pickling_support
from pydantic import SecretStr

from ingenious_ops.bulk.errors import WorkError
from ingenious_ops.bulk.packing import pack, pack_answer, unpack
from ingenious_ops.bulk.ranges import Range
from ingenious_ops.bulk.threads import Threads
from ingenious_ops.bulk.work import Work
from ingenious_ops.migrate.copy import Status
from ingenious_storage import Storage
from ingenious_storage.config import Settings, StorageSettings
from ingenious_storage.errors import NotFoundError
from tests.ops.bulk.works import gated, ranges


@dataclass(frozen=True)
class Holder:
    value: Any


def test_plain_data_comes_back_equal() -> None:
    data = {"a": [1, 2.5, None, b"x"], "b": (Path("x"), datetime.now(UTC), Status.COPIED)}
    assert unpack(pack(Holder(data))) == Holder(data)
    assert unpack(pack(Work(gated, ranges(2)))) == Work(gated, ranges(2))


def test_secrets_settings_and_clients_are_refused_however_deep_they_are() -> None:
    with Storage(Settings(storage=StorageSettings(type="inmemory"))) as storage:
        for value in (SecretStr("s"), storage.settings, storage, storage.data.load_bytes):
            with pytest.raises(WorkError) as caught:
                pack(Holder([{"x": Holder(value)}]))
            assert caught.value.code == "bulk_work_invalid"


def test_a_function_that_no_worker_can_import_is_refused() -> None:
    def inner(data: object, range_: Range) -> None: ...

    for function in (inner, lambda _data, _range: None):
        with pytest.raises(WorkError, match="cannot be imported"):
            pack(Work(function))


def test_threads_refuse_what_the_others_do() -> None:
    with Threads(2) as executor, pytest.raises(WorkError):
        list(executor.run(Work(gated, SecretStr("s")), ranges(1)))


def test_an_error_comes_back_as_it_was_told_and_without_its_cause() -> None:
    error = NotFoundError("nothing is there", key="k")
    with pytest.raises(NotFoundError):
        raise error from OSError("of the worker")
    tblib.pickling_support.install(error)  # as `distributed` does for every exception
    try:
        again = unpack(pack_answer(error))
    finally:
        copyreg.dispatch_table.pop(NotFoundError)
    assert vars(again) == vars(error)
    assert (again.__traceback__, again.__cause__) == (None, None)
