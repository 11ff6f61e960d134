"""The choice of an executor, as options say it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, Literal

from ingenious_ops.bulk.processes.executor import Processes, usable_cores
from ingenious_ops.bulk.threads import Threads
from ingenious_ops.bulk.watched import Watched
from ingenious_ops.bulk.work import Executor
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


def open_executor(choice: Choice, *, threads: int) -> Executor:
    """What was chosen, its outcomes counted; the caller closes it.

    Args:
        threads: ranges at once, of the executor of threads.

    Raises: ExtraMissingError, SchedulerError, WorkerVersionError.
    """
    return Watched(_opened(choice, threads), choice.name)


def _opened(choice: Choice, threads: int) -> Executor:
    if choice.name == "threads":
        return Threads(threads)
    if choice.name == "processes":
        return Processes(workers_of(choice))
    from ingenious_ops.bulk.cluster.executor import Cluster  # noqa: PLC0415  # needs the extra

    assert choice.scheduler is not None
    return Cluster(choice.scheduler)
