"""Executors, made as they were chosen. What they need is imported only then."""

from __future__ import annotations

from ingenious_ops.bulk.choice import Choice, workers_of
from ingenious_ops.bulk.processes.executor import Processes
from ingenious_ops.bulk.threads import Threads
from ingenious_ops.bulk.watched import Watched
from ingenious_ops.bulk.work import Executor


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
