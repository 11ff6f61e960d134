"""Rules: what one answer of a service means here, and what to do about it."""

from __future__ import annotations

from dataclasses import dataclass

from ingenious_storage.errors import StorageError


@dataclass(frozen=True, slots=True)
class Rule:
    """The error to raise; None leaves what its class says by default."""

    kind: type[StorageError]
    hint: str | None = None
    retryable: bool | None = None
    outcome_unknown: bool | None = None
