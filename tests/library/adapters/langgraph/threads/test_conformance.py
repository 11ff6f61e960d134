"""LangGraph's own suite for savers: what it tests is async, so the sync methods are tested too."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import pytest
from langgraph.checkpoint.conformance import checkpointer_test, validate

from ingenious_storage.adapters.langgraph import StorageSaver
from ingenious_storage.storage import Storage
from tests.support.stores import slow

TESTS = {
    "put": 17,
    "put_writes": 10,
    "get_tuple": 10,
    "list": 16,
    "delete_thread": 5,
    "delete_for_runs": 7,
    "copy_thread": 8,
    "prune": 8,
}
"""Of each capability, in langgraph-checkpoint-conformance 0.0.2."""

STORES = ["inmemory", *slow("local", "azurite", "versitygw")]


class SyncSaver(StorageSaver):
    """Whose async methods are the sync ones."""

    async def aput(self, *args: Any) -> Any:
        return self.put(*args)

    async def aput_writes(self, *args: Any, **options: Any) -> None:
        self.put_writes(*args, **options)

    async def aget_tuple(self, *args: Any) -> Any:
        return self.get_tuple(*args)

    async def alist(self, *args: Any, **options: Any) -> AsyncIterator[Any]:
        for found in self.list(*args, **options):
            yield found

    async def adelete_thread(self, *args: Any) -> None:
        self.delete_thread(*args)

    async def adelete_for_runs(self, *args: Any) -> None:
        self.delete_for_runs(*args)

    async def acopy_thread(self, *args: Any) -> None:
        self.copy_thread(*args)

    async def aprune(self, *args: Any, **options: Any) -> None:
        self.prune(*args, **options)


@pytest.mark.parametrize("kind", [StorageSaver, SyncSaver])
@pytest.mark.parametrize(
    "storage", ["inmemory", *slow("local", "azurite", "versitygw")], indirect=True
)
def test_the_suite_of_the_framework_passes(storage: Storage, kind: type[StorageSaver]) -> None:
    @checkpointer_test(name="ingenious-storage")
    async def registered() -> AsyncIterator[StorageSaver]:
        yield kind(storage)

    report = asyncio.run(validate(registered))
    failures = {name: result.failures for name, result in report.results.items() if result.failures}
    assert failures == {}
    assert {name: result.tests_passed for name, result in report.results.items()} == TESTS
    assert [report for report in storage.verify().values() if report.problems] == []
