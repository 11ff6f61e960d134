"""Six writers of one conversation get through alike, and none of them waits for long.

The limits are of wall time, for a machine whose processors are not busy with something else.
"""

from __future__ import annotations

import os
from typing import Literal

import pytest

from tests.fairness.measure import Case, measure

SECONDS = 10.0
LONGEST, LONGEST_WITH_THOUGHT = 2.0, 0.5
THOUGHT = 0.02
BUSY = 3
"""Runnable processes for each processor, before the measurement."""


@pytest.mark.slow
@pytest.mark.parametrize("think", [0.0, THOUGHT], ids=["back-to-back", "with-thought"])
@pytest.mark.parametrize("kind", ["processes", "threads"])
@pytest.mark.parametrize("place", ["local", "azurite"])
def test_writers_get_through_alike(
    place: Literal["local", "azurite"], kind: Literal["processes", "threads"], think: float
) -> None:
    load = os.getloadavg()[0] if hasattr(os, "getloadavg") else 0.0
    outcome = measure(Case(place, kind, 6, think), SECONDS)
    assert not outcome.errors
    assert outcome.stored == outcome.calls  # nothing is lost, nothing is doubled
    if load > BUSY * (os.cpu_count() or 1):
        pytest.skip(f"times and shares say nothing here: the load was {load:.1f}")
    assert outcome.least_share >= 0.5, [len(calls) for calls in outcome.took]
    assert outcome.longest <= (LONGEST_WITH_THOUGHT if think else LONGEST)
