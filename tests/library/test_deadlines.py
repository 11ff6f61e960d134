from __future__ import annotations

import threading
import time
from contextvars import copy_context

import pytest

from ingenious_storage import ConfigurationError, OperationTimeoutError, deadline
from ingenious_storage.runtime import deadlines

LONG = 60.0


def test_nobody_gave_one() -> None:
    assert deadlines.remaining() is None
    deadlines.check()
    with deadlines.interrupting(lambda: pytest.fail("nobody asked for it")):
        pass


def test_of_nested_ones_the_earlier_wins() -> None:
    with deadline(LONG):
        with deadline(50):
            assert (left := deadlines.remaining()) is not None
            assert 40 < left <= 50
            with deadline(LONG):
                assert (left := deadlines.remaining()) is not None
                assert left <= 50
        assert (left := deadlines.remaining()) is not None
        assert 50 < left <= LONG
    assert deadlines.remaining() is None


@pytest.mark.parametrize("seconds", [0, -3])
def test_one_that_has_passed_says_so_before_anything_is_sent(seconds: float) -> None:
    with deadline(seconds):
        assert deadlines.remaining() == 0
        with pytest.raises(OperationTimeoutError, match="put was not begun: the deadline of") as e:
            deadlines.check("put", "k")
    assert (e.value.operation, e.value.key) == ("put", "k")
    assert not e.value.retryable
    assert not e.value.outcome_unknown
    assert "deadline(seconds)" in e.value.hint


@pytest.mark.parametrize("seconds", ["5", None, float("nan"), True])
def test_what_is_no_number_is_refused(seconds: object) -> None:
    with pytest.raises(ConfigurationError, match="a deadline of"), deadline(seconds):  # type: ignore[arg-type]
        pytest.fail("not reached")


def test_a_pause_ends_with_it() -> None:
    began = time.monotonic()
    with deadline(0.1):
        deadlines.sleep(LONG)
        with pytest.raises(OperationTimeoutError):
            deadlines.check()
    assert time.monotonic() - began < LONG / 2


def test_waiting_for_a_lock_ends_with_it() -> None:
    held = threading.Lock()
    assert deadlines.acquire(held)
    with deadline(0.1):
        assert not deadlines.acquire(held)
    assert not deadlines.acquire(held, 0.01)
    held.release()
    with deadline(0):  # nobody has to wait
        assert deadlines.acquire(held)


def test_what_is_under_way_is_cut_off_in_time_and_only_inside() -> None:
    cut = threading.Event()
    with deadline(0.1), deadlines.interrupting(cut.set):
        assert cut.wait(LONG)
    late = threading.Event()
    with deadline(0.5):  # the block is over long before
        with deadlines.interrupting(late.set):
            pass
        deadlines.sleep(LONG)
    assert not late.is_set()


def test_the_alarm_serves_the_earliest_first() -> None:
    order: list[float] = []
    all_cut = threading.Event()

    def wait(seconds: float) -> None:
        def cut() -> None:
            order.append(ends)
            if len(order) == 3:
                all_cut.set()

        with deadline(seconds):
            ends = time.monotonic() + (deadlines.remaining() or 0)
            with deadlines.interrupting(cut):
                assert all_cut.wait(LONG)

    threads = [threading.Thread(target=wait, args=(seconds,)) for seconds in (0.9, 0.3, 0.6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert order == sorted(order)  # a thread may have begun late
    assert len(order) == 3


def test_an_outer_scope_that_expires_ends_all_inside_it() -> None:
    cut, began = threading.Event(), threading.Event()
    with deadlines.opened() as outer:

        def inside() -> None:
            with deadlines.opened(), deadlines.interrupting(cut.set):
                began.set()
                deadlines.sleep(LONG)
                with pytest.raises(OperationTimeoutError, match="given up waiting"):
                    deadlines.check()

        thread = threading.Thread(target=copy_context().run, args=(inside,))
        thread.start()
        assert began.wait(LONG)
        outer.expire()
        thread.join(LONG / 2)
    assert not thread.is_alive()
    assert cut.is_set()
