"""The job of a spread migration: what every worker is told beside its range, and opens by it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from ingenious_ops.bulk import held
from ingenious_ops.bulk.carried import Carried
from ingenious_ops.bulk.errors import WorkerPlaceError
from ingenious_ops.migrate.ends.base import Ends, Item, Shelf
from ingenious_ops.migrate.journal import Entry, Identity
from ingenious_ops.migrate.location import Request, open_ends
from ingenious_ops.migrate.spread.journals import RUN
from ingenious_storage.errors import NotFoundError


@dataclass(frozen=True, slots=True)
class Job:
    """Plain data: names of places and of settings, no secret."""

    request: Request
    carried: Carried
    identity: Identity
    workers: int
    """Objects at once, in each worker."""
    run: str = ""
    """The mark that the command left at the target; empty: nothing is written."""
    overwrite: bool = False

    @contextmanager
    def opened(self) -> Iterator[Ends]:
        """Both ends, as this worker reaches them; kept open for its next range.

        Raises: WorkerPlaceError when they are not those of the command.
        """
        with held.lent(self, self._open) as ends:
            yield ends

    @contextmanager
    def _open(self) -> Iterator[Ends]:
        with (
            self.carried.restored() as configuration,
            open_ends(self.request, configuration) as ends,
        ):
            found = Identity.of(ends)
            if found != self.identity:
                raise WorkerPlaceError(
                    f"a worker would copy from {found.source} to {found.target}, and the command "
                    f"says from {self.identity.source} to {self.identity.target}"
                )
            if self.run:
                _require_mark(self.shelf(ends), self.run)
            yield ends

    def shelf(self, ends: Ends) -> Shelf:
        """Where the journals of this migration lie."""
        shelf = ends.target.shelf(self.identity.id)
        assert shelf is not None, "only ends that have one are spread"
        return shelf


@dataclass(frozen=True, slots=True)
class Piece:
    """One object of a range."""

    key: str
    size: int
    source: Item | None
    target: Item | None
    """What was there when the run began."""
    done: Entry | None = None


def _require_mark(shelf: Shelf, run: str) -> None:
    try:
        shelf.read(RUN + run)
    except NotFoundError:
        raise WorkerPlaceError(
            "a worker does not find at the target what the command has put there: it is another "
            "folder of the same name, or the command has ended"
        ) from None
