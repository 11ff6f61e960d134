"""The thread that checks by itself, and what it tells: gauges and lines of the log."""

from __future__ import annotations

import logging
import os
import threading
import time
from typing import Any

import pytest
from opentelemetry.sdk.metrics import MeterProvider
from opentelemetry.sdk.metrics.export import Gauge, InMemoryMetricReader

from ingenious_storage import Health, Storage, telemetry
from ingenious_storage.errors import ThrottledError, UnavailableError
from tests.ops.health.conftest import Clock, Store
from tests.ops.health.faults import raising
from tests.support.polling import eventually


def test_the_thread_checks_whether_anybody_asks_or_not(storage: Storage, store: Store) -> None:
    health = Health(storage, interval=0.05)
    with health:
        health.start()
        threads = [one for one in threading.enumerate() if one.name == "ingenious-storage-health"]
        assert len(threads) == 1
        eventually(lambda: len(store.requests) >= 6)
        found = health.latest()
        assert found is not None
        assert found.ready
        store.meet(raising(UnavailableError("gone")))
        eventually(lambda: not (health.latest() or found).ready)
        store.meet(None)
        eventually(lambda: (health.latest() or found).ready)
    assert not threads[0].is_alive()
    asked = len(store.requests)
    time.sleep(0.2)
    assert len(store.requests) == asked
    health.stop()
    health.start()
    eventually(lambda: len(store.requests) > asked)
    health.stop()


def test_the_thread_makes_one_check_an_interval(storage: Storage, store: Store) -> None:
    with Health(storage, interval=0.2) as health:
        eventually(health.latest)
        began = time.monotonic()
        while time.monotonic() - began < 1:
            health.report()
        checks = len(store.requests) / 2
        assert checks <= (time.monotonic() - began) / 0.2 + 2


def test_closing_the_storage_ends_the_thread(store: Store) -> None:
    with store.storage() as storage:
        storage.health.start()
        eventually(storage.health.latest)
    names = [one.name for one in threading.enumerate()]
    assert "ingenious-storage-health" not in names


@pytest.mark.skipif(not hasattr(os, "fork"), reason="this system has no fork")
def test_a_forked_process_begins_anew(storage: Storage) -> None:
    with Health(storage, interval=0.05) as health:
        eventually(health.latest)
        child = os.fork()
        if child == 0:
            code = 1
            try:
                began = health.latest() is None and not health.has_passed
                health.start()
                eventually(health.latest, within=60)
                code = 0 if began and health.has_passed else 2
            finally:
                os._exit(code)
        assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0


def test_the_gauges(
    storage: Storage, store: Store, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    reader = InMemoryMetricReader()
    meters = MeterProvider(metric_readers=[reader])
    instruments = telemetry.make_instruments(meters.get_meter(telemetry.SCOPE))
    monkeypatch.setattr(telemetry, "emit", instruments)

    def by_role(name: str) -> dict[Any, float]:
        data = reader.get_metrics_data()
        assert data is not None
        [gauge] = [
            metric.data
            for metric in data.resource_metrics[0].scope_metrics[0].metrics
            if metric.name == name
        ]
        assert isinstance(gauge, Gauge)
        return {
            (point.attributes or {})["ingenious.storage.container"]: point.value
            for point in gauge.data_points
        }

    store.backends["ingenious-data"].rule = lambda _: raising(UnavailableError("gone"))
    store.backends["ingenious-revisions"].rule = lambda _: raising(ThrottledError("slow"))
    health = Health(storage, interval=10, clock=clock)
    health.report()
    assert by_role("ingenious.storage.health.up") == {"data": 0, "revisions": 1}
    assert by_role("ingenious.storage.health.duration") == {"data": 0, "revisions": 0}
    store.meet(None)
    clock.now += 10
    health.report()
    assert by_role("ingenious.storage.health.up") == {"data": 1, "revisions": 1}
    meters.shutdown()


def test_a_change_is_logged_once(
    storage: Storage, store: Store, clock: Clock, caplog: pytest.LogCaptureFixture
) -> None:
    health = Health(storage, interval=10, clock=clock)
    with caplog.at_level(logging.INFO, "ingenious_storage.health"):
        for fault in (None, raising(UnavailableError("gone")), None):
            store.meet(fault)
            for _ in range(3):
                health.report()
                clock.now += 10
    assert [(record.levelname, record.getMessage()[:36]) for record in caplog.records] == [
        ("WARNING", "health of data: fail, was pass unava"),
        ("WARNING", "health of revisions: fail, was pass "),
        ("INFO", "health of data: pass, was fail"),
        ("INFO", "health of revisions: pass, was fail"),
    ]


def test_the_first_check_has_no_before(
    storage: Storage, store: Store, clock: Clock, caplog: pytest.LogCaptureFixture
) -> None:
    store.meet(raising(ThrottledError("slow", hint="Wait.")))
    health = Health(storage, interval=10, clock=clock)
    for _ in range(2):
        health.report()
        clock.now += 10
    assert [record.getMessage() for record in caplog.records] == [
        f"health of {role}: warn throttled: Wait." for role in ("data", "revisions")
    ]
