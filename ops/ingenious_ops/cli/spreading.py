"""The work of a command on one storage, on the executor that its options choose."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from typing import TYPE_CHECKING, Any

from ingenious_ops.cli.executors import chosen, say_death

if TYPE_CHECKING:
    from ingenious_ops.cli.session import Session
    from ingenious_ops.spread.spreading import Spread


@contextmanager
def spread_over(session: Session, **options: Any) -> Iterator[Spread | None]:
    """The workers that `executor_options` choose; None for the threads of this process.

    Raises: UsageError; ConfigurationError, BulkError.
    """
    choice = chosen(**options)
    if choice.name == "threads":
        yield None
        return
    from ingenious_ops.bulk.opening import open_executor  # noqa: PLC0415  # not for threads
    from ingenious_ops.spread.job import job_of  # noqa: PLC0415
    from ingenious_ops.spread.spreading import Spread  # noqa: PLC0415

    told = partial(say_death, session.out)
    storage, overrides = session.storage, session.overrides
    with (
        job_of(storage, session.configuration, overrides, choice) as job,
        open_executor(choice, threads=1) as executor,
    ):
        yield Spread(executor, job, told)
