"""A prune that goes wrong once the history is cut, or may be: what is told, and what is left."""

from __future__ import annotations

from collections.abc import Callable, Collection

import pytest

from ingenious_storage.backends.inmemory import InMemoryBackend
from ingenious_storage.documents import DocumentStore, prune, verify
from ingenious_storage.documents.format.segment import MAX_ENTRIES
from ingenious_storage.errors import UnavailableError
from tests.library.documents.faults.scenario import KEY, store_on
from tests.support.faults import FaultyBackend, any_of, before, lost, on, refused

NEWEST = 2 * MAX_ENTRIES + 2


@pytest.fixture
def line() -> FaultyBackend:
    """To a document with two segments."""
    line = FaultyBackend(InMemoryBackend())
    store = store_on(line)
    for turn in range(1, NEWEST + 1):
        store.save(KEY, [turn])
    return line


class Labels:
    """Nothing is pinned at first; then nobody can tell."""

    def __init__(self) -> None:
        self.asked = 0

    def __call__(self) -> Collection[int]:
        self.asked += 1
        if self.asked > 1:
            raise UnavailableError("no answer to list", operation="list", outcome_unknown=False)
        return ()


def fails(
    store: DocumentStore, *, spare: Callable[[], Collection[int]] | None = None
) -> UnavailableError:
    with pytest.raises(UnavailableError) as failed:
        prune(store, KEY, keep=1, spare=spare)
    return failed.value


def test_what_may_be_pinned_stays_when_nobody_can_tell(line: FaultyBackend) -> None:
    labels = Labels()
    error = fails(store_on(line), spare=labels)
    assert (labels.asked, error.outcome_unknown) == (2, False)
    store = store_on(line.inner)
    store.require_kept(KEY, store.load(KEY, revision=1).revision)


def test_a_withdrawal_that_is_hard_to_end_takes_nothing_away(line: FaultyBackend) -> None:
    line.rule = on("put", "head", None, refused)
    fails(store_on(line), spare=Labels())
    store = store_on(line.inner)
    assert store.kept_revisions(KEY).start == 1
    store.require_kept(KEY, store.load(KEY, revision=1).revision)


def test_a_cut_whose_answer_is_lost_is_in_doubt_while_nobody_can_look(line: FaultyBackend) -> None:
    line.rule = any_of(on("put", "head", lost), on("get", "head", None, refused))
    error = fails(store_on(line))
    assert error.outcome_unknown
    assert error.operation == "get"
    assert error.hint is not None
    assert "prune it again" in error.hint


def test_segments_that_cannot_be_deleted_are_told_as_left(line: FaultyBackend) -> None:
    line.rule = on("delete_many", "container", refused)
    error = fails(store_on(line))
    assert error.outcome_unknown
    assert error.hint is not None
    assert "gc" in error.hint
    assert store_on(line.inner).kept_revisions(KEY).start > 1


def test_the_same_cut_by_another_prune_is_not_taken_back(line: FaultyBackend) -> None:
    """Behind it the segments are gone, whatever is pinned by now."""
    pinned: list[int] = []

    def other() -> None:
        assert prune(store_on(line.inner), KEY, keep=1).revisions > 0
        pinned.append(1)

    line.rule = on("put", "head", before(other))
    report = prune(store_on(line), KEY, keep=1, spare=lambda: pinned)
    kept = store_on(line.inner).kept_revisions(KEY)
    assert (report.revisions, report.first) == (0, kept.start)
    assert verify(store_on(line.inner)).problems == ()
    assert store_on(line.inner).load(KEY, revision=kept.start).data == [kept.start]
