"""What is emitted, exactly: names, units, attributes, and one record for each attempt."""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest

from ingenious_storage import telemetry
from ingenious_storage.backends.base import GetOptions
from ingenious_storage.backends.inmemory import InMemoryBackend
from ingenious_storage.errors import NotFoundError, NotModifiedError
from ingenious_storage.layers.instrument import InstrumentLayer
from ingenious_storage.layers.retry import RetryLayer
from ingenious_storage.telemetry import instruments
from tests.support.telemetry import Metric, Watch, watching

BASE = {"ingenious.storage.backend": "inmemory", "ingenious.storage.container": "data"}


@pytest.fixture
def watch() -> Iterator[Watch]:
    with watching() as watch:
        yield watch


def test_each_operation_is_one_span_and_one_record(watch: Watch) -> None:
    backend = RetryLayer(InstrumentLayer(InMemoryBackend(), container="data"))
    etag = backend.put("secret-id", b"12345").etag
    backend.get("secret-id")
    with pytest.raises(NotModifiedError):
        backend.get("secret-id", GetOptions(if_none_match=etag))
    with pytest.raises(NotFoundError):
        backend.head("other-secret")
    operation = "ingenious.storage.operation"
    put, get = {**BASE, operation: "put"}, {**BASE, operation: "get"}
    head = {**BASE, operation: "head", "error.type": "not_found"}
    assert watch.span_list() == [
        ("ingenious.storage.put", put, "UNSET"),
        ("ingenious.storage.get", get, "UNSET"),
        ("ingenious.storage.get", get, "UNSET"),
        ("ingenious.storage.head", head, "ERROR"),
    ]
    direction = "ingenious.storage.direction"
    found = watch.metrics()
    found.pop("ingenious.storage.cache.size", None)  # of a cache of another test in this process
    assert found == {
        "ingenious.storage.operation.duration": Metric(
            "Histogram", "s", [(put, 1), (get, 2), (head, 1)]
        ),
        "ingenious.storage.io": Metric(
            "Sum",
            "By",
            [({**put, direction: "write"}, 5), ({**get, direction: "read"}, 5)],
        ),
    }
    assert watch.events() == []  # an exception's message could hold a key


def test_nothing_is_lost_between_two_exports(watch: Watch) -> None:
    """What waits to be told in a row is told before every export, whoever asks."""
    for rounds in range(1, 4):
        for _ in range(75):  # of batches of 32: two, and a rest
            telemetry.emit.duration.record(0.1, BASE, traced=False)
            telemetry.emit.retries.add(2, {telemetry.ATTR_OPERATION: "get"})
        assert watch.points("operation.duration") == [
            ({"backend": "inmemory", "container": "data"}, 75 * rounds)
        ]
        assert watch.points("retries") == [({"operation": "get"}, 150 * rounds)]


def test_threads_count_together(watch: Watch) -> None:
    def work(_number: int) -> None:
        for _ in range(1000):
            telemetry.emit.duration.record(0.1, BASE, traced=False)
            telemetry.emit.revisions.add(1, BASE)

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(work, range(8)))
    assert [count for _, count in watch.points("revisions")] == [8000]
    assert [count for _, count in watch.points("operation.duration")] == [8000]


@pytest.mark.skipif(not hasattr(os, "fork"), reason="this system has no fork")
def test_a_fork_while_another_thread_counts_does_not_lock_the_child(watch: Watch) -> None:
    with instruments._settling:  # as a thread of the parent that is not there in the child
        child = os.fork()
        if child == 0:
            signal.alarm(20)
            for _ in range(100):
                telemetry.emit.retries.add(1, {telemetry.ATTR_OPERATION: "get"})
            os._exit(0)
    assert os.waitpid(child, 0)[1] == 0
