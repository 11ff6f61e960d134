"""The choice of an executor, as options say it."""

from __future__ import annotations

import os
import sys
from dataclasses import dataclass
from typing import Final, Literal

from ingenious_storage.errors import ConfigurationError

Name = Literal["threads", "processes", "dask"]
NAMES: Final[tuple[Name, ...]] = ("threads", "processes", "dask")


@dataclass(frozen=True, slots=True)
class Choice:
    """Which executor, and what it needs. Raises: ConfigurationError for what does not fit."""

    name: Name = "threads"
    scheduler: str | None = None
    """The address of Dask's scheduler."""
    processes: int | None = None
    """None: as many as this process may use cores."""

    def __post_init__(self) -> None:
        if (self.scheduler is None) == (self.name == "dask"):
            raise ConfigurationError(
                "--executor dask needs --scheduler"
                if self.scheduler is None
                else f"--scheduler is for --executor dask, not for {self.name}",
                hint="Such as: --executor dask --scheduler tls://HOST:8786.",
            )
        if self.processes is not None and self.name != "processes":
            raise ConfigurationError(
                f"--processes is for --executor processes, not for {self.name}",
                hint="A cluster has the workers that were started for it.",
            )

    @property
    def leaves_machine(self) -> bool:
        """Whether other machines do the work: what is sent there may hold no secret."""
        return self.name == "dask"


def workers_of(choice: Choice) -> int:
    """Processes of this machine that do the work."""
    return (choice.processes or usable_cores()) if choice.name == "processes" else 1


def usable_cores() -> int:
    """Cores that this process may use."""
    if sys.platform == "linux":
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1
