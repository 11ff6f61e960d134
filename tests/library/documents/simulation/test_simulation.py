"""Every schedule of each case keeps what is promised."""

from __future__ import annotations

import pytest

from ingenious_storage.key_providers.base import KeyProvider
from tests.library.documents.simulation import makers
from tests.library.documents.simulation.case import BOTH, CRASH
from tests.library.documents.simulation.cases import CASES, QUICK
from tests.library.documents.simulation.explore import (
    Bounds,
    explore,
    replay,
)


@pytest.mark.timeout(1800)
@pytest.mark.parametrize(
    "name", [pytest.param(name, marks=[] if name in QUICK else pytest.mark.slow) for name in CASES]
)
def test_every_schedule_keeps_the_promises(name: str, provider: KeyProvider) -> None:
    case = CASES[name]
    found = explore(case.scenario(provider), case.bounds)
    print(f"{name}: {found}")  # noqa: T201  # the counts, for who asks with -s
    assert found.schedules() >= found.ends > 1


def test_a_scenario_is_the_same_whenever_it_is_explored() -> None:
    first, second = (explore(makers.pruning("A"), CRASH) for _ in range(2))
    assert str(first) == str(second)


def test_three_requests_each_meet_in_every_order() -> None:
    """Two actors of one request and one of two that do not touch: 4! / 2! orders."""
    found = explore(makers.reading("A", "B", twice="C"), Bounds())
    assert (found.schedules(), len(found.worlds)) == (12, 1)


def test_bounded_switches_explore_less() -> None:
    every = explore(makers.pruning("A"), Bounds())
    few = explore(makers.pruning("A"), Bounds(switches=1))
    assert few.schedules() < every.schedules()


def test_a_repair_does_not_take_what_is_out_of_reach_for_damage() -> None:
    """Found by the simulation: the head was rebuilt without the segment that gave no answer."""
    replay(makers.repairing(), "R R R R R R R A A R!lost", BOTH)


def test_a_sweep_leaves_no_key_of_what_was_purged(provider: KeyProvider) -> None:
    """Found by the simulation: a document that began between the tombstone's end and the sweep of
    the keys has hidden the old key for ever."""
    explore(makers.sweeping(lives=6, provider=provider), Bounds())
