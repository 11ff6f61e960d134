"""A fault of each kind that is planted into the product is found, and its schedule replays it."""

from __future__ import annotations

import pytest

from ingenious_storage.key_providers.base import KeyProvider
from tests.library.documents.simulation.explore import ViolationError, explore, replay
from tests.library.documents.simulation.mutants import MUTANTS, QUICK


@pytest.mark.parametrize(
    "name",
    [pytest.param(name, marks=[] if name in QUICK else pytest.mark.slow) for name in MUTANTS],
)
def test_a_planted_fault_is_found(
    name: str, provider: KeyProvider, monkeypatch: pytest.MonkeyPatch
) -> None:
    mutant = MUTANTS[name]
    mutant.plant(monkeypatch)
    scenario = mutant.case.scenario(provider)
    with pytest.raises(ViolationError) as caught:
        explore(scenario, mutant.case.bounds)
    print(f"{name}: {caught.value}")  # noqa: T201  # the schedule, for who asks with -s
    assert caught.value.runs <= mutant.runs
    with pytest.raises(ViolationError):
        replay(scenario, caught.value.schedule, mutant.case.bounds)
