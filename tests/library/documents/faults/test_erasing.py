"""Purge and prune against writers that still remember the old head, in every order there is."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from datetime import timedelta
from functools import partial
from typing import Any

import pytest
import zstandard

from ingenious_storage.backends.base import Backend
from ingenious_storage.backends.inmemory import InMemoryBackend
from ingenious_storage.documents import (
    DocumentStore,
    PruneReport,
    PurgeReceipt,
    Revision,
    gc,
    prune,
    purge,
    verify,
)
from ingenious_storage.documents.format import segment
from ingenious_storage.documents.format.head import Head
from ingenious_storage.errors import (
    AlreadyExistsError,
    ConflictError,
    NotFoundError,
    RevisionPrunedError,
)
from ingenious_storage.services.prompts import PromptLibrary
from tests.library.documents.faults.scenario import KEY, NO_PAUSES, store_on
from tests.library.documents.faults.turns import Act, Run, check_each, every_order, some_orders
from tests.support.faults import FaultyBackend, before, lost, on
from tests.support.layering import behind, files_on, key_file
from tests.support.writers import remains, whole_history

SECRET = "the secret"
STRANGE = b"hello"
ENTRIES = 4
REFUSALS = (ConflictError, NotFoundError, AlreadyExistsError)
Orders = Callable[..., Iterator[Run]]
HEADS = {"open": ENTRIES - 1, "full": ENTRIES, "full-again": 2 * ENTRIES}


@pytest.fixture(autouse=True)
def _small_segments(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(segment, "MAX_ENTRIES", ENTRIES)


def fewer_with_layers(count: int) -> int:
    """Each takes several times as long."""
    return count // 3 if key_file() else count


@pytest.fixture(params=[60, pytest.param(300, marks=pytest.mark.slow)], ids=["some", "many"])
def orders(request: pytest.FixtureRequest) -> Orders:
    return partial(some_orders, count=fewer_with_layers(request.param))


@pytest.fixture(params=["some", pytest.param("every", marks=pytest.mark.slow)])
def few_orders(request: pytest.FixtureRequest) -> Orders:
    """Of actors whose orders are few enough for all of them, but not for each run of the tests."""
    if request.param == "some":
        return partial(some_orders, count=fewer_with_layers(60), seed=0)
    return every_order


def stored(backend: Backend) -> dict[str, bytes]:
    """All that is there but what purges leave on purpose, unpacked, by key."""
    found = {}
    seen = behind(backend)
    for key in remains(backend):
        data = seen.get(key).data
        if key.startswith("history/") and data != STRANGE:
            data = zstandard.ZstdDecompressor().decompress(data)
        found[key] = data
    return found


def with_head_at(number: int) -> tuple[InMemoryBackend, Head]:
    """A document with a secret in each of its revisions, and its head for who remembers it."""
    backend = InMemoryBackend()
    store = store_on(backend)
    for turn in range(1, number + 1):
        store.save(KEY, [f"{SECRET} {turn}"])
    head = store.reader.heads.get(KEY)
    assert head is not None
    return backend, head


def knowing(
    head: Head, *acts: Callable[[DocumentStore], Any], rule: Any = None, attempts: int = 1
) -> Act:
    """`acts` in turn by a store that remembers `head`; the result of the last."""

    def act(backend: Backend) -> Any:
        faulty = FaultyBackend(backend, rule() if rule else None)
        store = store_on(faulty, attempts=attempts)
        store.reader.remember(head)
        return [one(store) for one in acts][-1]

    return act


def blind(*acts: Callable[[DocumentStore], Any]) -> Act:
    """Each act by a store that remembers nothing, and does not wait between its tries."""

    def act(backend: Backend) -> Any:
        stores = (DocumentStore(files_on(backend), pauses=NO_PAUSES) for _ in acts)
        return [one(store) for one, store in zip(acts, stores, strict=True)][-1]

    return act


def saved(value: Any) -> Callable[[DocumentStore], Revision]:
    return lambda store: store.save(KEY, value)


WRITES: dict[str, Callable[[DocumentStore], Any]] = {
    "save": saved(["new"]),
    "update": lambda store: store.update(KEY, lambda old: [*(old or []), "new"]),
    "rollback": lambda store: store.rollback(KEY, 1),
    "delete": lambda store: store.delete(KEY),
    "create": lambda store: store.create(KEY, ["new"]),
}


def check_purged(run: Run) -> None:
    """What was there before the purge is gone, whatever is there now."""
    assert isinstance(run.results[0], PurgeReceipt)
    for key, data in stored(run.backend).items():
        assert SECRET.encode() not in data, key
    if stored(run.backend):
        history = whole_history(run.backend, KEY)
        assert [revision.number for revision, _ in history] == list(range(1, len(history) + 1))
        assert {message for _, value in history for message in value} == {"new"}


@pytest.mark.parametrize("write", WRITES.values(), ids=WRITES)
@pytest.mark.parametrize("number", HEADS.values(), ids=HEADS)
def test_purge_beside_an_idle_writer(
    number: int, write: Callable[[DocumentStore], Any], few_orders: Orders
) -> None:
    def prepare() -> tuple[Backend, Sequence[Act]]:
        backend, head = with_head_at(number)
        return backend, (blind(lambda store: purge(store, KEY)), knowing(head, write))

    def check(run: Run) -> None:
        check_purged(run)
        receipt, result = run.results
        if isinstance(result, Exception):
            assert isinstance(result, REFUSALS)
        elif not stored(run.backend):
            assert receipt.revisions == result.number  # purged with the rest, and told

    assert check_each(few_orders(prepare), check) > 5


@pytest.mark.parametrize("number", HEADS.values(), ids=HEADS)
def test_purge_beside_an_idle_writer_whose_seal_is_sent_twice(
    number: int, few_orders: Orders
) -> None:
    def prepare() -> tuple[Backend, Sequence[Act]]:
        backend, head = with_head_at(number)
        twice = knowing(head, WRITES["save"], rule=lambda: on("put", "segment", lost), attempts=3)
        return backend, (blind(lambda store: purge(store, KEY)), twice)

    check_each(few_orders(prepare), check_purged)


@pytest.mark.parametrize("again", [1, 2 * ENTRIES + 2])
@pytest.mark.parametrize("number", HEADS.values(), ids=HEADS)
def test_purge_and_a_new_document_beside_an_idle_writer(
    number: int, again: int, orders: Orders
) -> None:
    def prepare() -> tuple[Backend, Sequence[Act]]:
        backend, head = with_head_at(number)
        new = blind(lambda store: purge(store, KEY))

        def purge_and_save(backend: Backend) -> Any:
            receipt = new(backend)
            store = store_on(backend)
            for _ in range(again):
                store.save(KEY, ["new"])
            return receipt

        return backend, (purge_and_save, knowing(head, WRITES["save"]))

    check_each(orders(prepare, seed=number), check_purged)


@pytest.mark.parametrize("number", HEADS.values(), ids=HEADS)
def test_purge_beside_two_idle_writers(number: int, orders: Orders) -> None:
    def prepare() -> tuple[Backend, Sequence[Act]]:
        backend, head = with_head_at(number)
        writers = (knowing(head, WRITES["save"]), knowing(head, WRITES["update"]))
        return backend, (blind(lambda store: purge(store, KEY)), *writers)

    check_each(orders(prepare, seed=number), check_purged)


READS: dict[str, Callable[[DocumentStore], Any]] = {
    "load": lambda store: store.load(KEY, revision=1).data,
    "history": lambda store: len(store.history(KEY, limit=None)),
    "rollback": lambda store: store.rollback(KEY, 1).number,
    "verify": lambda store: verify(store).problems,
}


@pytest.mark.parametrize("read", READS.values(), ids=READS)
@pytest.mark.parametrize("again", [False, True], ids=["gone", "made-again"])
def test_old_revisions_beside_a_purge_are_whole_or_not_found(
    read: Callable[[DocumentStore], Any], again: bool, orders: Orders
) -> None:
    """Half a purge is no damage."""

    def prepare() -> tuple[Backend, Sequence[Act]]:
        backend, head = with_head_at(3 * ENTRIES + 1)
        erase = [lambda store: purge(store, KEY), *([saved(["new"])] if again else [])]
        return backend, (blind(*erase), knowing(head, read))

    def check(run: Run) -> None:
        result = run.results[1]
        if isinstance(result, Exception):
            assert isinstance(result, NotFoundError)
        else:
            assert result in (
                [f"{SECRET} 1"],
                ["new"],
                3 * ENTRIES + 1,
                3 * ENTRIES + 2,
                1,
                2,
                (),
            )

    check_each(orders(prepare, seed=4), check)


MARKING: dict[str, Act] = {
    "purge": blind(lambda store: purge(store, KEY)),
    "gc": blind(lambda store: gc(store, grace=-timedelta(days=1))),
    "delete": blind(lambda store: store.delete(KEY)),
    "recreate": blind(lambda store: purge(store, KEY), saved(["new"])),
    "restore": blind(lambda store: store.restore(KEY)),
}


@pytest.mark.parametrize("second", MARKING)
@pytest.mark.parametrize("third", MARKING)
def test_a_delete_that_crosses_others_leaves_no_tombstone_without_its_marker(
    second: str, third: str, orders: Orders
) -> None:
    """Or else its id stays in the listing for ever, while a load says not found."""

    def prepare() -> tuple[Backend, Sequence[Act]]:
        backend, head = with_head_at(2)
        return backend, (knowing(head, WRITES["delete"]), MARKING[second], MARKING[third])

    def check(run: Run) -> None:
        for result in run.results:
            assert not isinstance(result, Exception) or isinstance(result, REFUSALS)
        store = store_on(run.backend)
        try:
            store.load(KEY)
        except NotFoundError:
            assert [*store.list("conversations/")] == []
        else:
            assert [*store.list("conversations/")] == [KEY]

    check_each(orders(prepare, seed=5), check)


@pytest.mark.parametrize("number", HEADS.values(), ids=HEADS)
def test_two_purges_at_once(number: int, orders: Orders) -> None:
    def prepare() -> tuple[Backend, Sequence[Act]]:
        backend, _ = with_head_at(number)
        return backend, [blind(lambda store: purge(store, KEY))] * 2

    def check(run: Run) -> None:
        assert stored(run.backend) == {}
        told = [result for result in run.results if isinstance(result, PurgeReceipt)]
        assert [receipt.revisions for receipt in told].count(number) == 1
        for result in run.results:
            assert isinstance(result, PurgeReceipt | NotFoundError)

    check_each(orders(prepare, seed=number), check)


def check_pruned(run: Run) -> None:
    """What the report says is dropped is gone, and all that is newer is whole."""
    report = run.results[0]
    assert isinstance(report, PruneReport)
    store = store_on(run.backend)
    head = store.existing(KEY)
    assert head.first == report.first
    history = whole_history(run.backend, KEY)
    assert history[0][0].number == head.first
    for number in range(1, head.first):
        with pytest.raises(RevisionPrunedError):
            store.load(KEY, revision=number)


@pytest.mark.parametrize("write", WRITES.values(), ids=WRITES)
@pytest.mark.parametrize("number", HEADS.values(), ids=HEADS)
def test_prune_beside_an_idle_writer(
    number: int, write: Callable[[DocumentStore], Any], few_orders: Orders
) -> None:
    def prepare() -> tuple[Backend, Sequence[Act]]:
        backend, head = with_head_at(number)
        return backend, (blind(lambda store: prune(store, KEY, keep=1)), knowing(head, write))

    def check(run: Run) -> None:
        check_pruned(run)
        result = run.results[1]
        if isinstance(result, Exception):
            assert isinstance(result, RevisionPrunedError | AlreadyExistsError)
        else:
            assert (result.number, store_on(run.backend).history(KEY)[0]) == (number + 1, result)

    check_each(few_orders(prepare), check)


@pytest.mark.parametrize("number", HEADS.values(), ids=HEADS)
def test_a_prune_beyond_the_head_that_an_idle_writer_remembers(number: int, orders: Orders) -> None:
    """It finds no segment of its head, and must not leave a new one."""

    def prepare() -> tuple[Backend, Sequence[Act]]:
        backend, head = with_head_at(number)
        others = store_on(backend)
        for _ in range(2 * ENTRIES):
            others.save(KEY, ["other"])
        return backend, (
            blind(lambda store: prune(store, KEY, keep=1)),
            knowing(head, WRITES["save"]),
        )

    check_each(orders(prepare, seed=number), check_pruned)


def test_a_pruned_revision_does_not_come_back_by_a_writer_that_remembers_it() -> None:
    backend, _ = with_head_at(2 * ENTRIES + 1)
    idle = store_on(backend)
    assert idle.load(KEY, revision=1).data == [f"{SECRET} 1"]
    assert prune(store_on(backend), KEY, keep=1).first == 2 * ENTRIES + 1
    with pytest.raises(RevisionPrunedError):
        idle.rollback(KEY, 1)
    with pytest.raises(RevisionPrunedError):
        idle.load(KEY, revision=1)
    assert len(whole_history(backend, KEY)) == 1


def test_prune_beside_purge(few_orders: Orders) -> None:
    def prepare() -> tuple[Backend, Sequence[Act]]:
        backend, _ = with_head_at(2 * ENTRIES + 1)
        return backend, (
            blind(lambda store: purge(store, KEY)),
            blind(lambda store: prune(store, KEY, keep=1)),
        )

    def check(run: Run) -> None:
        assert stored(run.backend) == {}
        assert isinstance(run.results[0], PurgeReceipt)
        assert isinstance(run.results[1], (PruneReport, *REFUSALS))

    check_each(few_orders(prepare), check)


def test_two_prunes_beside_a_writer(orders: Orders) -> None:
    def prepare() -> tuple[Backend, Sequence[Act]]:
        backend, head = with_head_at(3 * ENTRIES)
        return backend, (
            blind(lambda store: prune(store, KEY, keep=1)),
            blind(lambda store: prune(store, KEY, keep=ENTRIES + 1)),
            knowing(head, WRITES["save"]),
        )

    def check(run: Run) -> None:
        assert not any(isinstance(result, Exception) for result in run.results)
        history = whole_history(run.backend, KEY)
        assert history[-1][0] == run.results[2]
        assert history[0][0].number == max(result.first for result in run.results[:2])

    check_each(orders(prepare, seed=1), check)


def test_a_withdrawal_ends_although_somebody_commits_in_between() -> None:
    """A label was put while it was pruned, and the first try to end the withdrawal is too late."""
    backend, _ = with_head_at(2 * ENTRIES + 1)
    other = store_on(backend)
    pruner = store_on(
        FaultyBackend(backend, on("put", "head", None, before(lambda: other.save(KEY, ["new"]))))
    )
    labels: list[set[int]] = [set(), {2}]
    report = prune(pruner, KEY, keep=1, spare=lambda: labels.pop(0) if labels else {2})
    assert (report.first, report.revisions) == (1, 0)
    assert len(whole_history(backend, KEY)) == 2 * ENTRIES + 2
    assert not store_on(backend).existing(KEY).withdraws(2)


@pytest.mark.parametrize("sets", [1, 2])
def test_prune_beside_a_label_that_is_put_and_a_commit(sets: int, orders: Orders) -> None:
    """Either the label is heard, or who puts it is told that the revision is gone."""

    def prepare() -> tuple[Backend, Sequence[Act]]:
        backend = InMemoryBackend()
        prompts = PromptLibrary(files_on(backend))
        prompts.create_set("s", {"a": "1"})
        for turn in range(2, 2 * ENTRIES + 2):
            prompts.commit("s", {"a": str(turn)})

        def prune_it(backend: Backend) -> Any:
            return PromptLibrary(documents=store_on(backend)).prune_set("s", keep=1)

        def label_it(backend: Backend) -> Any:
            return PromptLibrary(documents=store_on(backend)).set_label("l", "s", revision=2)

        def commit_it(backend: Backend) -> Any:
            return PromptLibrary(documents=store_on(backend)).commit("s", {"a": "new"})

        return backend, (prune_it, label_it, *[commit_it] * (sets - 1))

    def check(run: Run) -> None:
        assert isinstance(run.results[0], PruneReport)
        assert not any(isinstance(result, Exception) for result in run.results[2:])
        prompts = PromptLibrary(documents=store_on(run.backend))
        if isinstance(run.results[1], Exception):
            assert isinstance(run.results[1], RevisionPrunedError)
        else:
            assert prompts.get_set("s", revision=prompts.get_label("l")) == {"a": "2"}
        report = verify(prompts.documents)
        assert (report.problems, report.orphans) == ((), ())

    check_each(orders(prepare, seed=sets), check)


@pytest.mark.parametrize("number", HEADS.values(), ids=HEADS)
def test_gc_beside_an_idle_writer_sweeps_nothing_in_use(number: int, orders: Orders) -> None:
    """Even without its grace."""

    def prepare() -> tuple[Backend, Sequence[Act]]:
        backend, head = with_head_at(number)
        return backend, (
            blind(lambda store: gc(store, grace=-timedelta(days=1))),
            knowing(head, *[saved(["new"])] * (ENTRIES + 1)),
        )

    def check(run: Run) -> None:
        assert len(whole_history(run.backend, KEY)) == number + ENTRIES + 1

    check_each(orders(prepare, seed=number), check)


@pytest.mark.parametrize("number", [ENTRIES, 2 * ENTRIES])
@pytest.mark.parametrize("older", [1, ENTRIES - 1])
def test_an_older_head_put_back_beside_two_writers(number: int, older: int, orders: Orders) -> None:
    """Whatever the order, both branches can be read: that of now, and that of the newest head."""

    def prepare() -> tuple[Backend, Sequence[Act]]:
        backend = InMemoryBackend()
        store = store_on(backend)
        for turn in range(1, number + 1):
            store.save(KEY, [turn])
            if turn == older:
                copy = backend.get(KEY).data
        head = store.reader.heads.get(KEY)
        assert head is not None

        def restore(backend: Backend) -> bytes:
            newest = backend.get(KEY).data
            backend.put(KEY, copy)
            return newest

        return backend, (
            restore,
            knowing(head, saved(["a"])),
            knowing(head, saved(["b"]), saved(["c"])),
        )

    def check(run: Run) -> None:
        assert not any(isinstance(result, Exception) for result in run.results)
        store = store_on(run.backend)
        assert verify(store).problems == ()
        newest = run.results[0]
        run.backend.put(KEY, newest)
        store = store_on(run.backend)
        assert verify(store).problems == ()

    check_each(orders(prepare, seed=number), check)


def test_neighbours_and_strangers_below_the_history_of_a_document() -> None:
    """A document whose key goes on where another's ends, and files that people leave about."""
    backend, _ = with_head_at(2 * ENTRIES + 1)
    store = store_on(backend)
    below = KEY + "/below"
    for turn in range(2 * ENTRIES + 1):
        store.save(below, turn)
    for name in ("README", "0000000004", "12-", "x-y", "a/b"):
        behind(backend).put(f"history/{KEY}/{name}", STRANGE)
    behind(backend).put("history/README", STRANGE)
    store = store_on(backend)
    assert store.load(KEY, revision=1).data == [f"{SECRET} 1"]
    report = verify(store)
    assert (report.documents, report.problems) == (2, ())
    assert prune(store, KEY, keep=1).blobs == 2
    assert purge(store, KEY).revisions == 1
    assert not any(SECRET.encode() in data for data in stored(backend).values())
    assert [store.load(below, revision=n).data for n in (1, 5, 9)] == [0, 4, 8]
    assert verify(store).problems == ()


@pytest.mark.parametrize("number", HEADS.values(), ids=HEADS)
def test_verify_beside_a_prune_and_a_writer_raises_no_false_alarm(
    number: int, orders: Orders
) -> None:
    def prepare() -> tuple[Backend, Sequence[Act]]:
        backend, head = with_head_at(number + ENTRIES)
        return backend, (
            blind(verify),
            blind(lambda store: prune(store, KEY, keep=1)),
            knowing(head, WRITES["save"]),
        )

    def check(run: Run) -> None:
        assert run.results[0].problems == ()

    check_each(orders(prepare, seed=number), check)
