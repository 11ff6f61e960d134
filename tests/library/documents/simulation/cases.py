"""Cases: what is explored, and how far."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from functools import partial
from typing import Any, Final

import pytest

from ingenious_storage.documents.checking import rebuild, survey
from ingenious_storage.documents.checking import repair as repairing
from ingenious_storage.documents.format import head, segment
from ingenious_storage.runtime.parallel import map_all
from tests.library.documents.simulation import makers
from tests.library.documents.simulation.actors import counted_lots
from tests.library.documents.simulation.case import ALL, BOTH, CRASH, LOST, Case
from tests.library.documents.simulation.rewriting_cases import REWRITING

_PURGE_REQUESTS: Final = range(1, 7)
"""After so many a purge dies; with encryption it makes four more."""
CASES: Final[Mapping[str, Case]] = {
    "three writers": Case(partial(makers.writers, 1), ALL),
    "three writers, one seals": Case(partial(makers.writers, 3), ALL),
    "three writers, all seal": Case(partial(makers.writers, 4), BOTH),
    "three writers, with retries": Case(partial(makers.writers, 3, attempts=2), BOTH),
    "three threads of one process": Case(partial(makers.writers, 3, together=True), BOTH),
    "three writers, encrypted": Case(partial(makers.writers, 3), LOST, encrypted=True),
    "purge, one writer": Case(partial(makers.purging, "A", held=2), ALL),
    "purge, one writer, two segments": Case(partial(makers.purging, "A"), ALL),
    "purge, one writer, encrypted": Case(partial(makers.purging, "A"), ALL, encrypted=True),
    "purge, a newcomer": Case(makers.purging_beside_a_newcomer, ALL),
    "purge, a newcomer, encrypted": Case(makers.purging_beside_a_newcomer, BOTH, encrypted=True),
    "purge, two writers": Case(partial(makers.purging, "A", "B", held=2), LOST),
    "purge, two writers, a crash": Case(partial(makers.purging, "A", "B", held=2), CRASH),
    "purge, two writers, encrypted": Case(partial(makers.purging, "A", "B"), encrypted=True),
    "purge and again": Case(makers.purging_and_new, ALL),
    "purge and again, encrypted": Case(makers.purging_and_new, BOTH, encrypted=True),
    "two purges, a writer": Case(makers.two_purges),
    "prune, one writer": Case(partial(makers.pruning, "A"), ALL),
    "prune, two writers": Case(partial(makers.pruning, "A", "B"), CRASH),
    "delete and restore, a writer": Case(makers.deleting, ALL),
    "late first revision, purge, gc": Case(makers.sweeping_beside_a_purge, ALL),
    "the same, encrypted": Case(makers.sweeping_beside_a_purge, LOST, encrypted=True),
    "repair, a writer": Case(makers.repairing, ALL),
    "repair, a writer, encrypted": Case(makers.repairing, BOTH, encrypted=True),
    "copy, a writer, a taker": Case(makers.copying, ALL),
    "copy, a writer, a taker, encrypted": Case(makers.copying, encrypted=True),
    "copy over a tombstone, gc": Case(makers.copying_over_a_tombstone, ALL),
    "three begin": Case(makers.beginning, ALL),
    "three begin, encrypted": Case(makers.beginning, encrypted=True),
    **{
        f"purge dead after {lives}, gc {when}, a writer": Case(
            partial(makers.sweeping, lives=lives, old=old), BOTH
        )
        for lives in _PURGE_REQUESTS
        for when, old in (("days later", True), ("at once", False))
    },
    **{
        f"purge dead after {lives}, gc, a writer, encrypted": Case(
            partial(makers.sweeping, lives=lives),
            BOTH,
            encrypted=True,
        )
        for lives in range(1, 11)
    },
    **REWRITING,
}
QUICK: Final = (
    "copy over a tombstone, gc",
    "purge dead after 3, gc days later, a writer",
    "a label, a prune, cached",
    "a label, a purge",
)
"""Of every run of the tests; in all but the second the simulation has found a fault."""


@contextmanager
def simulated() -> Iterator[None]:
    """Lots are counted, nothing runs in another thread, and segments are small."""

    def in_turn(call: Callable[[Any], Any], items: Any, **_: Any) -> Iterator[Any]:
        return (call(item) for item in [*items])

    def one_by_one(call: Callable[[Any], Any], items: Any, **_: Any) -> list[Any]:
        return map_all(call, items, workers=1)

    with counted_lots(), pytest.MonkeyPatch.context() as patch:
        patch.setattr(survey, "map_stream", in_turn)
        patch.setattr(repairing, "map_all", one_by_one)
        patch.setattr(segment, "MAX_ENTRIES", 2)
        patch.setattr(head, "KEPT_AFTER_SEAL", 1)
        patch.setattr(rebuild, "KEPT_AFTER_SEAL", 1)
        yield
