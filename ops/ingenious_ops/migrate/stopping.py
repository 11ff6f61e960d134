"""Copies that give up: where the next object would meet the same error, none is tried."""

from __future__ import annotations

import threading
from dataclasses import dataclass, field
from typing import Final

from ingenious_ops.migrate.copy import Copier, Outcome, Status
from ingenious_ops.migrate.ends.base import Item
from ingenious_ops.migrate.errors import DiskFullError
from ingenious_ops.migrate.pool import Stop, refuse_if_cut_off
from ingenious_storage.errors import (
    AuthenticationError,
    ContainerNotFoundError,
    StorageError,
)

_HOPELESS: Final = (AuthenticationError, ContainerNotFoundError, DiskFullError)
"""What the next object would meet too."""
_IN_A_ROW: Final = 50
"""Failures without a success between them, after which the run gives up."""


@dataclass
class StoppingCopier:
    """Copies, and gives up where going on is hopeless; thread-safe."""

    copier: Copier
    stop: Stop
    given_up: StorageError | None = None
    """Why it asked for the stop."""
    _failed_in_a_row: int = 0
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def copy(self, item: Item) -> Outcome:
        """As `Copier.copy`. Raises: CutOffError."""
        outcome = self.copier.copy(item)
        if outcome.status is Status.FAILED:
            refuse_if_cut_off()
            self._failed(outcome.error)
        elif self._failed_in_a_row:
            self._failed_in_a_row = 0
        return outcome

    def _failed(self, error: StorageError | None) -> None:
        with self._lock:
            self._failed_in_a_row += 1
            hopeless = isinstance(error, _HOPELESS) or self._failed_in_a_row >= _IN_A_ROW
            if hopeless and self.given_up is None:
                self.given_up = error
                self.stop.ask()
