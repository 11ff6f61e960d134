"""Five minutes of a mixed load with faults, and that its judge refuses what is wrong."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from tests.integration.soak import judge
from tests.integration.soak.faults import Window
from tests.integration.soak.ledger import Turn
from tests.integration.soak.run import soak
from tests.integration.soak.watch import Held, grown

MINUTES = 5


@pytest.mark.slow
@pytest.mark.timeout(1800)  # each alert is waited for, on a busy machine too
@pytest.mark.skipif(sys.platform != "linux", reason="what a process holds is read in /proc")
def test_five_minutes_of_faults(tmp_path: Path) -> None:
    told: list[str] = []
    with soak(tmp_path, minutes=MINUTES, seed=14, tell=told.append) as done:
        verdict = judge.judged(done)
    assert not verdict.faults, [*told, *verdict.lines()]


def turn(token: str, at: float, error: str | None = None) -> Turn:
    return Turn("http-one", "http-one-00000", token, at, at + 1, error)


WINDOW = Window("drops", 10.0, 20.0, 5)


@pytest.mark.parametrize(
    ("at", "error", "is_explained"),
    [
        (15.0, "unavailable", True),
        (9.5, "commit_unknown", True),
        (20.0, "throttled", True),
        (8.5, "unavailable", False),
        (20.5, "unavailable", False),
        (15.0, "invalid_data", False),
        (15.0, "KeyError", False),
    ],
)
def test_an_error_is_explained_by_a_fault_that_it_met(
    at: float, error: str, *, is_explained: bool
) -> None:
    found = judge.unexplained([turn("a", 1.0), turn("b", at, error)], [WINDOW])
    assert (found == []) is is_explained


@pytest.mark.parametrize(
    ("heard", "fault"),
    [
        (["a", "c"], None),
        (["a", "b", "c"], None),  # it was not acknowledged, and landed
        (["a"], "lost: c"),
        (["a", "c", "c"], "2 times: c"),
        (["a", "c", "x"], "said by nobody: x"),
        (["c", "a"], "in another order: ['c', 'a']"),
    ],
)
def test_what_was_acknowledged_is_there_once_and_in_its_order(
    heard: list[str], fault: str | None
) -> None:
    said = [turn("a", 1.0), turn("b", 11.0, "unavailable"), turn("c", 12.0)]
    assert [*judge.misheard(said, heard)] == ([] if fault is None else [fault])


def test_growth_is_between_the_first_third_and_the_last() -> None:
    flat = [Held(100 + number % 3, 7) for number in range(90)]
    assert grown(flat) == (0, 0)
    assert grown([*flat[:45], Held(9999, 99), *flat[45:]]) == (0, 0)
    assert grown([Held(number, number // 30) for number in range(90)]) == (60, 2)
