"""Health report: the result of a check."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Final, Literal

Status = Literal["pass", "warn", "fail"]

_RANK: Final[Mapping[Status, int]] = {"pass": 0, "warn": 1, "fail": 2}


@dataclass(frozen=True, slots=True)
class ComponentHealth:
    """What one read of one container showed; no key and no secret."""

    container: str
    """The role: "data" or "revisions"."""
    status: Status
    """`warn`: it can be used, but is throttled, or is made by the first write."""
    latency_ms: float
    """Until the answer, or until it was given up."""
    time: datetime
    """UTC."""
    code: str | None = None
    """Of the error, as in docs/errors.md."""
    hint: str | None = None
    """What to do, for who runs it: it may name the host."""


@dataclass(frozen=True, slots=True)
class HealthReport:
    """What one check found, container by container."""

    components: tuple[ComponentHealth, ...]
    time: datetime
    """When the check ended, UTC."""
    age: float = 0.0
    """Seconds from then until the report was given out."""

    @property
    def status(self) -> Status:
        """The worst of the components."""
        return max((one.status for one in self.components), key=_RANK.__getitem__)

    @property
    def ready(self) -> bool:
        """Whether every container can be used."""
        return self.status != "fail"
