"""The library's part: what a check costs, what it tells apart, and that it always ends."""

from __future__ import annotations

import threading
import time
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from ingenious_storage import ConfigurationError, Health, Storage
from ingenious_storage.config import Settings, StorageSettings
from ingenious_storage.errors import (
    AuthenticationError,
    ContainerNotFoundError,
    PermissionDeniedError,
    StorageError,
    ThrottledError,
    UnavailableError,
)
from ingenious_storage.health import MOST_UNANSWERED
from tests.ops.health.conftest import Clock, Store
from tests.ops.health.faults import Gate, raising
from tests.support.polling import eventually, with_time_enough

ONE_CHECK = ["container_exists"] * 2
PROBES = 200


def test_a_check_is_one_request_to_each_container(storage: Storage, store: Store) -> None:
    report = Health(storage).report()
    assert (report.status, report.ready) == ("pass", True)
    assert [one.container for one in report.components] == ["data", "revisions"]
    assert store.requests == ONE_CHECK
    for one in report.components:
        assert (one.status, one.code, one.hint) == ("pass", None, None)
        assert 0 <= one.latency_ms < 60_000
        assert one.time == report.time
    assert datetime.now(UTC) - report.time < timedelta(minutes=1)


def test_200_at_once_cost_one_check_an_interval(
    storage: Storage, store: Store, clock: Clock
) -> None:
    health = Health(storage, interval=10, timeout=30, clock=clock)
    for checks in (1, 2, 3):
        gate, barrier = Gate(), threading.Barrier(PROBES + 1)
        store.meet(gate)

        def ask(barrier: threading.Barrier = barrier) -> Any:
            barrier.wait(30)
            return health.report()

        with ThreadPoolExecutor(PROBES) as pool:
            reports = [pool.submit(ask) for _ in range(PROBES)]
            barrier.wait(30)
            eventually(lambda: len(store.requests) >= 2 * checks)  # noqa: B023  # within the turn
            gate.opened.set()
            times = {report.result(30).time for report in reports}
        assert len(times) == 1
        assert store.requests == ONE_CHECK * checks
        clock.now += 9.9
        assert health.report().age == pytest.approx(9.9)
        assert store.requests == ONE_CHECK * checks
        clock.now += 0.2


def test_latest_does_no_request(storage: Storage, store: Store, clock: Clock) -> None:
    health = Health(storage, clock=clock)
    assert health.latest() is None
    assert store.requests == []
    told = health.report()
    clock.now += 3600
    found = health.latest()
    assert found is not None
    assert (found.age, found.time) == (3600, told.time)
    assert store.requests == ONE_CHECK


@pytest.mark.parametrize(
    ("error", "status", "code"),
    [
        (UnavailableError("gone"), "fail", "unavailable"),
        (AuthenticationError("who"), "fail", "authentication_failed"),
        (PermissionDeniedError("no", hint="ask for the role"), "fail", "permission_denied"),
        (ConfigurationError("what"), "fail", "invalid_configuration"),
        (ThrottledError("slow down"), "warn", "throttled"),
        (RuntimeError("a bug with a secret"), "fail", "storage_error"),
    ],
)
def test_what_a_refusal_means(
    storage: Storage, store: Store, error: Exception, status: str, code: str
) -> None:
    store.meet(raising(error))
    health = Health(storage)
    report = health.report()
    assert (report.status, report.ready) == (status, status != "fail")
    assert health.has_passed is (status != "fail")
    assert [one.code for one in report.components] == [code, code]
    if isinstance(error, StorageError):
        assert report.components[0].hint == error.hint
    assert "secret" not in str(report)
    assert store.requests == ONE_CHECK  # no retry


def test_the_worst_container_decides(storage: Storage, store: Store) -> None:
    store.backends["ingenious-revisions"].rule = lambda _: raising(UnavailableError("gone"))
    report = Health(storage).report()
    assert [one.status for one in report.components] == ["pass", "fail"]
    assert report.status == "fail"


def test_a_missing_container_is_a_failure_unless_the_first_write_makes_it(store: Store) -> None:
    store.create = False
    with store.storage(auto_create_containers=False) as owned:
        report = owned.health.report()
        assert report.status == "fail"
        assert report.components[0].code == ContainerNotFoundError.code
        assert "infrastructure" in (report.components[0].hint or "")
    with store.storage() as made_on_demand:
        report = made_on_demand.health.report()
        assert (report.status, report.ready) == ("warn", True)
        assert report.components[0].code == ContainerNotFoundError.code
        assert set(store.requests) == {"container_exists"}  # a check makes nothing
        made_on_demand.data.save_text("k", "v")
        made_on_demand.revisions.save_text("k", "v")
        assert Health(made_on_demand).report().status == "pass"


def test_a_store_that_hangs_is_given_up(storage: Storage, store: Store, clock: Clock) -> None:
    asked = store.backends["ingenious-data"]

    def met(seconds: float) -> list[tuple[str, int]]:
        gate = Gate()
        asked.rule = lambda _: gate
        asked.requests.clear()
        health = Health(storage, interval=10, timeout=seconds, clock=clock)
        found: list[tuple[str, int]] = []
        for _ in range(MOST_UNANSWERED + 2):
            data, revisions = health.report().components
            latency = round(seconds * 1000)
            assert (data.status, data.code, data.latency_ms) == ("fail", "timeout", latency)
            found.append((revisions.status, len(asked.requests)))
            clock.now += 10
        gate.opened.set()

        def recovered() -> bool:
            clock.now += 10
            return health.report().status == "pass"

        eventually(recovered)
        return found

    hanging = [min(turn + 1, MOST_UNANSWERED) for turn in range(MOST_UNANSWERED + 2)]
    expected = [("pass", count) for count in hanging]
    assert with_time_enough(met, lambda found: found == expected) == expected


def test_who_comes_during_a_check_does_not_wait_for_two(storage: Storage, store: Store) -> None:
    gate = Gate()
    store.meet(gate)
    health = Health(storage, interval=0.5, timeout=0.5)
    began = time.monotonic()
    with ThreadPoolExecutor(100) as pool:
        reports = [pool.submit(health.report) for _ in range(100)]
        assert {report.result(60).status for report in reports} == {"fail"}
    assert time.monotonic() - began < 30  # 100 checks take 50 s
    gate.opened.set()


@pytest.mark.parametrize("name", ["interval", "timeout"])
@pytest.mark.parametrize("value", [0, -1, float("nan"), float("inf"), 86_401])
def test_times_that_make_no_sense_are_refused(storage: Storage, name: str, value: float) -> None:
    times: dict[str, Any] = {name: value}
    with pytest.raises(ConfigurationError, match=name):
        Health(storage, **times)


def test_a_folder(tmp_path: Path) -> None:
    with Storage(Settings(StorageSettings(base_path=tmp_path / "data"))) as storage:
        assert Health(storage).report().status == "warn"
        storage.data.ensure_container()
        storage.revisions.ensure_container()
        assert Health(storage).report().status == "pass"
        (tmp_path / "data" / "ingenious-data").rmdir()
        (tmp_path / "data" / "ingenious-data").symlink_to("ingenious-data")
        report = Health(storage).report()
        assert [one.code for one in report.components] == ["permission_denied", None]
