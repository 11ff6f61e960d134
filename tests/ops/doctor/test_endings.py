"""However an examination ends, it ends in time and leaves nothing in the store."""

from __future__ import annotations

import signal
import subprocess
import threading
import time
from collections.abc import Iterator

import pytest

from ingenious_ops.configuration import Configuration
from ingenious_ops.doctor.context import Context
from ingenious_ops.doctor.model import Check, Outcome, Status, failed, passed
from ingenious_ops.doctor.runner import Examination
from tests.library.documents.faults.proxy import Answer, Reset, TimedOut, lost
from tests.ops.cli.harness import SCRIPT
from tests.ops.doctor.bench import Bench
from tests.ops.doctor.test_healthy import check, statuses
from tests.support.faults import Call, Request


@pytest.fixture
def context() -> Iterator[Context]:
    context = Context(Configuration(), request_timeout=1)
    yield context
    context.close()


def run(context: Context, timeout: float, *checks: Check) -> list[Outcome]:
    return [*Examination(context, timeout=timeout).run(checks, lambda _: ())]


def test_what_hangs_is_left_alone(context: Context) -> None:
    forever = threading.Event()
    hangs = Check("hangs", "One", "hangs", lambda _: passed(str(forever.wait())))
    next_one = Check("next", "Two", "next", lambda _: passed("reached"))
    began = time.monotonic()
    first, second = run(context, 2, hangs, next_one)
    assert time.monotonic() - began < 60
    forever.set()
    assert (first.result.status, first.result.code) == (Status.FAIL, "timeout")
    assert "--timeout 120` waits longer" in (first.result.hint or "")
    assert second.result.status is Status.SKIP
    assert second.result.summary == "not reached within 2 s"


def test_the_first_cause_is_blamed(context: Context) -> None:
    found = run(
        context,
        10,
        Check("a", "One", "first", lambda _: failed("broken", hint="mend it")),
        Check("b", "One", "second", lambda _: passed("fine"), ("a",)),
        Check("c", "Two", "third", lambda _: passed("fine"), ("b",)),
        Check("d", "Two", "fourth", lambda _: passed("fine")),
    )
    assert [each.because for each in found] == [None, "a", "a", None]
    assert [each.result.summary for each in found[1:]] == [
        'skipped, because "first" did not pass',
        'skipped, because "One: first" did not pass',
        "fine",
    ]


def test_a_bug_is_a_finding(context: Context) -> None:
    [found] = run(context, 10, Check("a", "One", "first", lambda _: passed(str(1 // 0))))
    assert (found.result.status, found.result.code) == (Status.FAIL, "internal_error")
    assert "ZeroDivisionError" in found.result.summary
    assert "--ticket" in (found.result.hint or "")


def test_an_answer_that_is_lost_leaves_nothing(bench: Bench) -> None:
    azurite = bench.with_key()

    def reply(request: Request, call: Call) -> Answer:
        if request.operation == "put":
            lost(request, call)
        found: Answer = call()
        return found

    bench.with_key(bench.before(azurite, reply).azurite)
    report = bench.report(1)
    assert check(report, "data.create")["code"] == "unavailable"
    assert bench.left_behind() == []


@pytest.mark.slow
def test_a_write_that_may_land_later_is_told(bench: Bench) -> None:
    azurite = bench.with_key()
    held = TimedOut()

    def reply(request: Request, call: Call) -> Answer:
        if request.operation == "put":
            held(request, call)
        found: Answer = call()
        return found

    bench.with_key(bench.before(azurite, reply).azurite)
    bench.options = ["--timeout", "15"]
    report = bench.report(1)
    assert check(report, "data.create")["code"] == "timeout"
    left = check(report, "probes")
    assert left["status"] == "warn"
    assert bench.left_behind() == []
    held.land()
    [late] = bench.left_behind()
    assert late.rpartition("/")[2] in left["summary"]


def test_nothing_can_be_deleted_any_more(bench: Bench) -> None:
    """The role is taken away in the middle of it."""
    azurite = bench.with_key()
    deletes: list[Request] = []

    def reply(request: Request, call: Call) -> Answer:
        if request.operation == "delete":
            deletes.append(request)
            if len(deletes) > 1:
                return Answer(403, [("x-ms-error-code", "AuthorizationPermissionMismatch")])
        found: Answer = call()
        return found

    bench.with_key(bench.before(azurite, reply).azurite)
    report = bench.report(1)
    assert statuses(report)["data.delete"] == "fail"
    left = check(report, "probes")
    assert left["status"] == "warn"
    assert all(name.partition("/")[2] in left["summary"] for name in bench.left_behind())
    assert len(bench.left_behind()) == 1


@pytest.mark.parametrize("connection", ["slow", pytest.param("cut", marks=pytest.mark.slow)])
def test_an_interrupt_leaves_nothing(bench: Bench, connection: str) -> None:
    """In the middle of a write, which lands while the program is told to stop."""
    azurite = bench.with_key()
    arrived = threading.Event()

    def reply(request: Request, call: Call) -> Answer:
        if request.operation != "put":
            found: Answer = call()
            return found
        arrived.set()
        time.sleep(0.5)
        written: Answer = call()
        if connection == "cut":
            raise Reset
        return written

    bench.with_key(bench.before(azurite, reply).azurite)
    bench.write_profiles()
    command = [str(SCRIPT), "doctor", "--profile", "cloud"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
        assert arrived.wait(100)
        process.send_signal(signal.SIGINT)
        process.communicate(timeout=100)
    assert process.returncode == 130
    assert bench.left_behind() == []
