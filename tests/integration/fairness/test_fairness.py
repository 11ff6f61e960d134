"""Six writers of one conversation get through, in processes and in threads.

What is asserted is counts, since other tests run beside it. Shares and times of an idle machine are
what `python -m tests.integration.fairness` prints.
"""

from __future__ import annotations

from typing import Literal

import pytest

from tests.integration.fairness.measure import Case, measure

SECONDS = 10.0
LEAST_SHARE = 0.2
"""Of a fair share. One writer had the field to itself before there were turns and bursts: 0.00."""
THOUGHT = 0.02


@pytest.mark.slow
@pytest.mark.parametrize("think", [0.0, THOUGHT], ids=["back-to-back", "with-thought"])
@pytest.mark.parametrize("kind", ["processes", "threads"])
@pytest.mark.parametrize("place", ["local", "azurite"])
def test_writers_get_through_alike(
    place: Literal["local", "azurite"], kind: Literal["processes", "threads"], think: float
) -> None:
    outcome = measure(Case(place, kind, 6, think), SECONDS)
    assert not outcome.errors
    assert outcome.stored == outcome.calls  # nothing is lost, nothing is doubled
    assert outcome.least_share >= LEAST_SHARE, [len(calls) for calls in outcome.took]
