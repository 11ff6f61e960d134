"""Sweeps, purges and writers over what a killed purge has left, in many orders of their requests.

After each run and one more sweep: what is there can be read by a process that knows nothing, and
what was erased cannot be read in a copy.
"""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress

import pytest

from ingenious_storage.backends.base import Backend
from ingenious_storage.documents import gc
from ingenious_storage.errors import NotFoundError
from tests.library.layers.encrypt.house import DOCUMENT, encrypted
from tests.library.layers.encrypt.schedules import orders, run
from tests.library.layers.encrypt.test_races import (
    FAST,
    SLOW,
    Act,
    Written,
    check_erased,
    creates,
    documents,
    loads,
    purges,
    revisions,
    saves,
)

RECORD = f"keys/documents/{DOCUMENT}"


def sweeps(store: Backend) -> None:
    gc(documents(store), "conversations/")


def interrupted(store: Backend) -> None:
    """A purge that did not come to the keys."""
    revisions(1)(store)
    record = store.get(RECORD).data
    purges(store)
    store.put(RECORD, record)


def remade(store: Backend) -> None:
    """And another document that went on top of its tombstone."""
    interrupted(store)
    creates(store)


SCENES: dict[str, tuple[Act, tuple[Act, ...]]] = {
    "sweep-create": (interrupted, (sweeps, creates)),
    "sweep-purge": (interrupted, (sweeps, purges)),
    "sweep-purge-create": (interrupted, (sweeps, purges, creates)),
    "two-sweeps": (interrupted, (sweeps, sweeps)),
    "finish-create": (interrupted, (purges, creates)),
    "finish-two-creators": (interrupted, (purges, creates, saves)),
    "remade-sweep-save": (remade, (sweeps, saves)),
    "remade-sweep-purge": (remade, (sweeps, purges)),
    "remade-sweep-purge-create": (remade, (sweeps, purges, creates)),
    "remade-sweep-load": (remade, (sweeps, loads)),
    "live-sweep-purge": (revisions(2), (sweeps, purges, saves)),
}


def judged(
    prepare: Act, acts: Sequence[Act], turns: Sequence[int]
) -> tuple[list[int], list[list[int]]]:
    store = Written()
    prepare(store)
    taken, others, errors = run(store, acts, turns)
    assert errors == [None] * len(acts), (taken, errors)
    sweeps(store)
    with suppress(NotFoundError):
        encrypted(store).get(DOCUMENT)
    check_erased(store, taken)
    return taken, others


@pytest.mark.parametrize("scene", SCENES)
def test_some_orders(scene: str) -> None:
    prepare, acts = SCENES[scene]
    assert len([*orders(lambda turns: judged(prepare, acts, turns), FAST // 5)]) <= FAST


@pytest.mark.slow
@pytest.mark.parametrize("scene", SCENES)
def test_many_orders(scene: str) -> None:
    prepare, acts = SCENES[scene]
    found = [*orders(lambda turns: judged(prepare, acts, turns), SLOW)]
    assert len(found) == len({tuple(order) for order in found}) > 20
