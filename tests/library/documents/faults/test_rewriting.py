"""Rewrites beside writers, purges, prunes and each other, and with faults at each request."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from datetime import timedelta
from functools import partial
from typing import Any

import pytest

from ingenious_storage.backends.base import Backend
from ingenious_storage.backends.inmemory import InMemoryBackend
from ingenious_storage.documents import (
    Document,
    DocumentStore,
    PruneReport,
    PurgeReceipt,
    Revision,
    RewriteReceipt,
    gc,
    once,
    prune,
    purge,
    rewrite,
    verify,
)
from ingenious_storage.documents.format import segment
from ingenious_storage.documents.format.head import Head
from ingenious_storage.errors import (
    AlreadyExistsError,
    CommitUnknownError,
    ConflictError,
    InvalidDataError,
    NotFoundError,
    RevisionNotFoundError,
    RevisionPrunedError,
    StorageError,
)
from tests.library.documents.faults.scenario import KEY, NO_PAUSES, store_on
from tests.library.documents.faults.turns import Act, Run, check_each, some_orders
from tests.support.bare import WORDS, words_in
from tests.support.faults import FaultyBackend, Held, after, any_of, at, before, lost, on, refused
from tests.support.layering import behind, files_on, key_file
from tests.support.writers import remains, whole_history

ENTRIES = 4
GONE = {2, 3}
REFUSALS = (ConflictError, NotFoundError, AlreadyExistsError)
HEADS = {"open": ENTRIES - 1, "full": ENTRIES, "sealed": ENTRIES + 1, "long": 3 * ENTRIES}
Orders = Callable[..., Iterator[Run]]


@pytest.fixture(autouse=True)
def _small_segments(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(segment, "MAX_ENTRIES", ENTRIES)


@pytest.fixture(params=[12, pytest.param(300, marks=pytest.mark.slow)], ids=["some", "many"])
def orders(request: pytest.FixtureRequest) -> Orders:
    return partial(some_orders, count=request.param // 3 if key_file() else request.param)


def written(number: int) -> tuple[InMemoryBackend, Head]:
    """A document with another word in each revision, and its head for who remembers it."""
    backend = InMemoryBackend()
    store = store_on(backend)
    for turn in range(1, number + 1):
        store.save(KEY, [WORDS[turn]])
    assert words_in(behind(backend)) >= {WORDS[turn] for turn in range(1, number + 1)}
    head = store.reader.heads.get(KEY)
    assert head is not None
    return backend, head


def knowing(head: Head, act: Callable[[DocumentStore], Any], rule: Any = None) -> Act:
    def run(backend: Backend) -> Any:
        store = store_on(FaultyBackend(backend, rule() if rule else None))
        store.reader.remember(head)
        return act(store)

    return run


def blind(act: Callable[[DocumentStore], Any]) -> Act:
    return lambda backend: act(DocumentStore(files_on(backend), pauses=NO_PAUSES, workers=1))


def without(numbers: set[int]) -> Callable[[DocumentStore], RewriteReceipt]:
    return lambda store: rewrite(store, KEY, without=numbers)


def check_erased(backend: Backend, numbers: set[int], *, first: int = 1) -> None:
    """These are gone, and nothing else is."""
    history = whole_history(backend, KEY)
    assert {r.number for r, _ in history if r.erased} == {n for n in numbers if n >= first}
    assert history[0][0].number == first
    for number in numbers:
        assert WORDS[number] not in words_in(behind(backend))
        with pytest.raises(RevisionPrunedError):
            store_on(backend).load(KEY, revision=number)


WRITES: dict[str, Callable[[DocumentStore], Any]] = {
    "save": lambda store: store.save(KEY, ["new"]),
    "update": lambda store: store.update(KEY, lambda old: [*(old or []), "new"]),
    "rollback": lambda store: store.rollback(KEY, 1),
    "delete": lambda store: store.delete(KEY),
}


@pytest.mark.parametrize("write", WRITES.values(), ids=WRITES)
@pytest.mark.parametrize("number", HEADS.values(), ids=HEADS)
def test_beside_an_idle_writer(
    number: int, write: Callable[[DocumentStore], Any], orders: Orders
) -> None:
    gone = GONE - {number}

    def prepare() -> tuple[Backend, Sequence[Act]]:
        backend, head = written(number)
        return backend, (blind(without(gone)), knowing(head, write))

    def check(run: Run) -> None:
        receipt, result = run.results
        assert isinstance(receipt, RewriteReceipt), receipt
        assert isinstance(result, Revision), result
        assert {*receipt.revisions} == gone
        assert (result.number, store_on(run.backend).history(KEY)[0]) == (number + 1, result)
        check_erased(run.backend, gone)
        assert {1, number} <= {r.number for r, value in whole_history(run.backend, KEY)}

    check_each(orders(prepare, seed=number), check)


def test_beside_two_writers_that_go_on(orders: Orders) -> None:
    def prepare() -> tuple[Backend, Sequence[Act]]:
        backend, head = written(2 * ENTRIES)

        def many(store: DocumentStore) -> list[Revision]:
            return [store.update(KEY, lambda old: [*old, "new"]) for _ in range(ENTRIES + 1)]

        return backend, (blind(without(GONE)), knowing(head, many), knowing(head, many))

    def check(run: Run) -> None:
        assert isinstance(run.results[0], RewriteReceipt), run.results[0]
        check_erased(run.backend, GONE)
        told = sorted(revision for result in run.results[1:] for revision in result)
        history = [revision for revision, _ in whole_history(run.backend, KEY)]
        assert told == history[2 * ENTRIES :]

    check_each(orders(prepare, seed=1), check)


def test_two_at_once(orders: Orders) -> None:
    def prepare() -> tuple[Backend, Sequence[Act]]:
        backend, _ = written(2 * ENTRIES)
        return backend, (blind(without({2, 3})), blind(without({3, 6})))

    def check(run: Run) -> None:
        told = [each.revisions for each in run.results]
        assert sorted(told) in ([(2,), (3, 6)], [(2, 3), (6,)])
        check_erased(run.backend, {2, 3, 6})

    check_each(orders(prepare, seed=2), check)


def test_beside_a_purge(orders: Orders) -> None:
    def prepare() -> tuple[Backend, Sequence[Act]]:
        backend, _ = written(2 * ENTRIES)
        return backend, (blind(without(GONE)), blind(lambda store: purge(store, KEY)))

    def check(run: Run) -> None:
        assert isinstance(run.results[0], RewriteReceipt | NotFoundError), run.results[0]
        assert isinstance(run.results[1], PurgeReceipt)
        assert remains(run.backend) == []

    check_each(orders(prepare, seed=3), check)


def test_beside_a_purge_and_a_new_document(orders: Orders) -> None:
    def prepare() -> tuple[Backend, Sequence[Act]]:
        backend, _ = written(2 * ENTRIES)

        def again(store: DocumentStore) -> Any:
            purge(store, KEY)
            return [store.save(KEY, ["new"]) for _ in range(ENTRIES + 2)]

        erase = blind(lambda store: rewrite(store, KEY, without=_old))
        return backend, (erase, blind(again))

    def check(run: Run) -> None:
        assert isinstance(run.results[0], RewriteReceipt | NotFoundError), run.results[0]
        assert [revision for revision, _ in whole_history(run.backend, KEY)] == run.results[1]
        assert words_in(behind(run.backend)) == set()

    check_each(orders(prepare, seed=4), check)


def _old(revision: Revision) -> bool:
    return revision.number in GONE and revision.size > len('["new"]')


@pytest.mark.parametrize("number", [2 * ENTRIES + 1, 3 * ENTRIES])
def test_beside_a_prune(number: int, orders: Orders) -> None:
    gone = {2, ENTRIES + 2}

    def prepare() -> tuple[Backend, Sequence[Act]]:
        backend, _ = written(number)
        cut = blind(lambda store: prune(store, KEY, keep=number - ENTRIES))
        return backend, (blind(lambda store: rewrite(store, KEY, without=_among(gone))), cut)

    def check(run: Run) -> None:
        receipt, report = run.results
        assert isinstance(receipt, RewriteReceipt), receipt
        assert isinstance(report, PruneReport), report
        check_erased(run.backend, gone, first=report.first)

    check_each(orders(prepare, seed=number), check)


def _among(numbers: set[int]) -> Callable[[Revision], bool]:
    return lambda revision: revision.number in numbers


@pytest.mark.parametrize("fault", [lost, refused], ids=["answer-lost", "never-arrived"])
@pytest.mark.parametrize("attempts", [1, 3])
def test_one_fault_anywhere(fault: Any, attempts: int) -> None:
    """It is done, or it is told what is not known; and another one finishes it."""
    calm, _ = written(3 * ENTRIES)
    counting = FaultyBackend(calm)
    rewrite(store_on(counting), KEY, without=GONE)
    for position in range(1, len(counting.requests) + 1):
        backend, _ = written(3 * ENTRIES)
        before_it = whole_history(backend, KEY)
        faulty = FaultyBackend(backend, at(position, fault))
        try:
            rewrite(store_on(faulty, attempts=attempts), KEY, without=GONE)
        except StorageError as error:
            assert attempts == 1
            if not error.outcome_unknown:
                kept = DocumentStore(files_on(backend)).history(KEY, limit=None)
                assert kept[::-1] == [revision for revision, _ in before_it]
        else:
            check_erased(backend, GONE)
        rewrite(store_on(backend), KEY, without=GONE)
        gc(store_on(backend), grace=-timedelta(days=1))
        check_erased(backend, GONE)


class _Crash(BaseException):
    """The process is gone."""


def _crash(request: Any, call: Any) -> Any:
    raise _Crash


def _crash_after(request: Any, call: Any) -> Any:
    call()
    raise _Crash


def _from(position: int, fault: Any) -> Any:
    return lambda request: fault if request.position >= position else None


@pytest.mark.parametrize("finish", ["rewrite", "gc"])
@pytest.mark.parametrize("crash", [_crash, _crash_after], ids=["before", "after"])
def test_a_crash_anywhere_leaves_what_reads_right(crash: Any, finish: str) -> None:
    calm, _ = written(3 * ENTRIES)
    counting = FaultyBackend(calm)
    rewrite(store_on(counting), KEY, without=GONE)
    for position in range(1, len(counting.requests) + 1):
        backend, _ = written(3 * ENTRIES)
        with suppress(_Crash):
            rewrite(store_on(FaultyBackend(backend, _from(position, crash))), KEY, without=GONE)
        store = store_on(backend)
        report = verify(store)
        assert (report.problems, report.revisions) == ((), 3 * ENTRIES)
        erased = {each.number for each in store.history(KEY, limit=None) if each.erased}
        assert erased in (set(), GONE)
        for number in range(1, 3 * ENTRIES + 1):
            if number not in erased:
                assert store.load(KEY, revision=number).data == [WORDS[number]]
        if finish == "gc":
            gc(store, grace=-timedelta(days=1))
            left = words_in(behind(backend))
            assert {WORDS[number] for number in GONE}.isdisjoint(left) == (erased == GONE)
        rewrite(store, KEY, without=GONE)
        check_erased(backend, GONE)
        with suppress(AttributeError):
            keys = store.files.document_keys(KEY)
            assert keys is None or len(keys) == 1


def test_a_seal_that_lands_late_is_swept() -> None:
    """The writer has timed out and is gone; what it sealed of the old history comes afterwards."""
    backend, head = written(ENTRIES)
    held = Held()
    with pytest.raises(StorageError):
        knowing(head, WRITES["save"], rule=lambda: on("put", "segment", held))(backend)
    rewrite(store_on(backend), KEY, without=GONE)
    held.land()
    if not key_file():  # else its key is gone
        assert WORDS[2] in words_in(behind(backend))
    gc(store_on(backend), grace=-timedelta(days=1))
    check_erased(backend, GONE)
    for _ in range(2 * ENTRIES):
        store_on(backend).save(KEY, ["on"])
    check_erased(backend, GONE)


def test_the_head_lands_late() -> None:
    backend, _ = written(3 * ENTRIES)
    held = Held()
    rule = on("put", "head", held)
    receipt = rewrite(
        store_on(FaultyBackend(backend, any_of(rule, on("get", "head", None, before(held.land))))),
        KEY,
        without=GONE,
    )
    assert {*receipt.revisions} == GONE
    check_erased(backend, GONE)


def test_nobody_knows_whether_it_landed() -> None:
    backend, _ = written(3 * ENTRIES)
    blinded = any_of(on("put", "head", lost), on("get", "head", None, refused))
    with pytest.raises(CommitUnknownError) as caught:
        rewrite(store_on(FaultyBackend(backend, blinded)), KEY, without=GONE)
    assert caught.value.hint
    assert rewrite(store_on(backend), KEY, without=GONE).revisions == ()
    check_erased(backend, GONE)


def test_a_rewrite_beside_a_prune_that_gives_up() -> None:
    """What it withdrew is not withdrawn from the new history, of which a label pins the end."""
    backend, _ = written(2 * ENTRIES + 1)
    other = store_on(backend)
    labels: list[set[int]] = [set(), {2}]
    rule = on("put", "head", after(lambda: rewrite(other, KEY, without={ENTRIES + 2})))
    report = prune(
        store_on(FaultyBackend(backend, rule)),
        KEY,
        keep=ENTRIES,
        spare=lambda: labels.pop(0) if labels else {2},
    )
    assert (report.first, report.revisions) == (1, 0)
    check_erased(backend, {ENTRIES + 2})
    assert not store_on(backend).existing(KEY).withdraws(2)


def test_who_remembers_an_erased_revision_does_not_show_it() -> None:
    backend, _ = written(3 * ENTRIES)
    idle, other = store_on(backend), store_on(backend)
    assert idle.load(KEY, revision=2).data == [WORDS[2]]
    assert idle.load(KEY, revision=5).data == [WORDS[5]]

    def redact(one: Document) -> Any:
        return ["x"] if one.revision.number == 5 else one.data

    rewrite(other, KEY, without=GONE, redact=redact)
    assert idle.load(KEY, revision=5).data == ["x"]
    with pytest.raises(RevisionPrunedError, match="erased"):
        idle.load(KEY, revision=2)
    with pytest.raises(RevisionPrunedError, match="erased"):
        idle.rollback(KEY, 2)
    assert [each.erased for each in idle.history(KEY, limit=None)].count(True) == len(GONE)


@pytest.mark.parametrize(
    ("arguments", "error"),
    [
        ({"without": [6]}, ConflictError),
        ({"without": [7]}, RevisionNotFoundError),
        ({"without": [0]}, RevisionNotFoundError),
        ({"without": lambda _revision: True}, ConflictError),
        ({"without": ["2"]}, TypeError),
        ({"without": "2"}, InvalidDataError),
        ({"without": [2], "spare": lambda: {2}}, ConflictError),
        ({"first": 3, "spare": lambda: {2}}, ConflictError),
        ({"first": 7}, RevisionNotFoundError),
    ],
)
def test_what_may_not_go_is_refused_and_nothing_is_changed(
    arguments: Any, error: type[Exception]
) -> None:
    backend, _ = written(6)
    before_it = whole_history(backend, KEY)
    with pytest.raises(error):
        rewrite(store_on(backend), KEY, **arguments)
    assert whole_history(backend, KEY) == before_it


def test_what_a_restore_brings_back_stays() -> None:
    backend, _ = written(6)
    store = store_on(backend)
    store.delete(KEY)
    with pytest.raises(ConflictError, match="restore"):
        rewrite(store, KEY, without=[6])
    with pytest.raises(ConflictError, match="restore"):
        rewrite(store, KEY, first=7)
    rewrite(store, KEY, without=GONE)
    store.restore(KEY)
    assert store.load(KEY).data == [WORDS[6]]
    check_erased(backend, GONE)


def test_a_token_whose_revision_was_erased_writes_nothing_again() -> None:
    backend, _ = written(3)
    store = store_on(backend)
    with once("token", b"x"):
        store.save(KEY, ["mine"])
    store.save(KEY, ["newest"])
    rewrite(store, KEY, without=[4])
    with once("token", b"x"), pytest.raises(NotFoundError, match="erased"):
        store.save(KEY, ["mine"])
    assert store.load(KEY).data == ["newest"]


def test_nothing_to_do_writes_nothing() -> None:
    backend, _ = written(3 * ENTRIES)
    rewrite(store_on(backend), KEY, without=GONE)
    line = FaultyBackend(backend)
    receipt = rewrite(store_on(line), KEY, without=GONE)
    assert (receipt.revisions, receipt.rewritten_at) == ((), None)
    assert not any(request.writes for request in line.requests)


def test_what_was_pruned_is_not_left_in_the_oldest_segment() -> None:
    backend, _ = written(3 * ENTRIES)
    report = prune(store_on(backend), KEY, keep=ENTRIES + 1)
    assert WORDS[report.first - 1] in words_in(behind(backend))
    receipt = rewrite(store_on(backend), KEY, first=report.first)
    assert (receipt.revisions, receipt.blobs > 0) == ((), True)
    assert words_in(behind(backend)) == {WORDS[n] for n in range(report.first, 3 * ENTRIES + 1)}
    assert rewrite(store_on(backend), KEY, first=report.first).rewritten_at is None
    assert rewrite(store_on(backend), KEY, first=3 * ENTRIES).revisions
    assert words_in(behind(backend)) == {WORDS[3 * ENTRIES]}
    assert len(whole_history(backend, KEY)) == 1


def test_a_seal_that_lands_while_the_old_history_is_deleted_goes_with_it() -> None:
    """The writer is gone, and cannot take it away itself."""
    backend, head = written(ENTRIES)
    held = Held()
    with pytest.raises(StorageError):
        knowing(head, WRITES["save"], rule=lambda: on("put", "segment", held))(backend)
    line = FaultyBackend(backend, on("put", "head", after(held.land)))
    assert rewrite(store_on(line), KEY, without=GONE).blobs == 1
    check_erased(backend, GONE)


def test_a_writer_takes_away_what_it_has_sealed_too_late() -> None:
    backend, head = written(ENTRIES)
    rule = on("put", "segment", before(lambda: rewrite(store_on(backend), KEY, without=GONE)))
    assert knowing(head, WRITES["save"], rule=lambda: rule)(backend).number == ENTRIES + 1
    check_erased(backend, GONE)
