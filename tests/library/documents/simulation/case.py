"""Case: a scenario and how far it is explored.

The bounds are counts, so every machine does the same.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from ingenious_storage.key_providers.base import KeyProvider
from tests.library.documents.simulation.explore import Bounds
from tests.library.documents.simulation.scenario import Scenario

NONE: Final = Bounds()
CRASH: Final = Bounds(crashes=1)
LOST: Final = Bounds(answers=1)
BOTH: Final = Bounds(answers=1, crashes=1)
LATE: Final = Bounds(answers=1, late=True)
ALL: Final = Bounds(answers=1, late=True, crashes=1)
"""One answer that is lost, or its request late by any time, and one crash, anywhere."""


@dataclass(frozen=True)
class Case:
    """A scenario that may be encrypted, and its bounds."""

    make: Callable[..., Scenario]
    bounds: Bounds = NONE
    encrypted: bool = False

    def scenario(self, provider: KeyProvider) -> Scenario:
        return self.make(provider=provider if self.encrypted else None)
