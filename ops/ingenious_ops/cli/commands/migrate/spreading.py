"""A migration on the executor that options choose."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from functools import partial
from typing import Any

import click

from ingenious_ops.bulk.carried import carry
from ingenious_ops.bulk.choice import Choice, workers_of
from ingenious_ops.cli.executors import say_death
from ingenious_ops.cli.session import Session
from ingenious_ops.migrate.ends.base import Ends
from ingenious_ops.migrate.journal import Identity
from ingenious_ops.migrate.limits import Limits
from ingenious_ops.migrate.location import ContainerPlace, FolderPlace, Place, Request
from ingenious_ops.migrate.spread.job import Job
from ingenious_ops.migrate.spread.spreading import Spread


@contextmanager
def spread_over(
    choice: Choice, session: Session, request: Request, ends: Ends, **options: Any
) -> Iterator[Spread | None]:
    """The workers of `choice`, None for threads of this process. Raises: UsageError; BulkError."""
    if choice.name == "threads":
        yield None
        return
    from ingenious_ops.bulk.opening import open_executor  # noqa: PLC0415  # not for threads

    job = _job(choice, session, request, ends, **options)
    with open_executor(choice, threads=1) as executor:
        yield Spread(executor, job, partial(say_death, session.out))


def _job(choice: Choice, session: Session, request: Request, ends: Ends, **options: Any) -> Job:
    if ends.layout != "raw":
        raise click.UsageError(f"--layout {request.layout} is copied with --executor threads only")
    limits = request.limits
    if limits != Limits() and choice.leaves_machine:
        raise click.UsageError(
            "--max-bandwidth and --max-requests hold in one machine: not with --executor dask"
        )
    places = (request.source, request.target)
    profiles = {place.profile for place in places if isinstance(place, ContainerPlace)}
    there = replace(
        request,
        source=_absolute(request.source),
        target=_absolute(request.target),
        limits=limits.divided(workers_of(choice)),
    )
    carried = carry(session.configuration, choice, profiles)
    return Job(there, carried, Identity.of(ends), **options)


def _absolute(place: Place) -> Place:
    """A worker of a cluster has another working directory."""
    return FolderPlace(place.path.resolve()) if isinstance(place, FolderPlace) else place
