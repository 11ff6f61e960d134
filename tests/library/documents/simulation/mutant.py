"""Mutant: a fault of the product, and where it has to be found."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import pytest

from tests.library.documents.simulation.case import Case

Plant = Callable[[pytest.MonkeyPatch], None]


@dataclass(frozen=True)
class Mutant:
    """A fault, and where it has to be found: within so many runs."""

    plant: Plant
    case: Case
    runs: int
