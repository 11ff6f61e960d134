"""A call that is repeated with its token writes one revision, whatever happened in between."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from ingenious_storage import IdempotencyKeyReusedError, NotFoundError, once
from ingenious_storage.documents import DocumentStore, Revision, purge
from ingenious_storage.documents.writing.pauses import Pauses
from ingenious_storage.errors import CommitUnknownError, InvalidDataError
from tests.support.counting import CountingBackend
from tests.support.faults import Call, FaultyBackend, Request, any_of, lost, on, refused
from tests.support.layering import files_on

KEY = "conversations/a/memory.json"
Change = Callable[[DocumentStore], Revision]
CHANGES: dict[str, Change] = {
    "save": lambda store: store.save(KEY, ["new"]),
    "save-expected": lambda store: store.save(KEY, ["new"], expected=2),
    "save_new": lambda store: store.save_new(KEY, ["new"]),
    "update": lambda store: store.update(KEY, lambda data: [*(data or []), "new"]),
    "delete": lambda store: store.delete(KEY),
    "rollback": lambda store: store.rollback(KEY, 1),
    "create": lambda store: store.create(KEY, ["new"]),
    "restore": lambda store: store.restore(KEY),
}
ON_DELETED = {"create", "restore"}


def prepare(store: DocumentStore, change: str) -> None:
    store.save(KEY, [1])
    store.delete(KEY) if change in ON_DELETED else store.save(KEY, [2])


def again(store: DocumentStore, change: Change, token: str = "t", content: bytes = b"") -> Revision:
    with once(token, content):
        return change(store)


@pytest.mark.parametrize("change", CHANGES)
def test_a_repeated_call_gives_the_revision_that_it_made(
    store: DocumentStore, backend: CountingBackend, change: str
) -> None:
    prepare(store, change)
    made = again(store, CHANGES[change])
    assert made.number == 3
    for following in range(3):
        assert again(store, CHANGES[change]) == made
        assert again(DocumentStore(files_on(backend)), CHANGES[change]) == made
        assert store.save(KEY, [following]).number == 4 + following


@pytest.mark.parametrize("change", CHANGES)
@pytest.mark.parametrize("fault", [lost, refused])
def test_while_answers_are_lost_all_repetitions_are_one_revision(
    backend: CountingBackend, change: str, fault: Callable[[Request, Call], Any]
) -> None:
    faulty = FaultyBackend(backend)
    store = DocumentStore(files_on(faulty), pauses=Pauses(sleep=lambda _: None))
    prepare(store, change)
    failed, made = [], None
    for tries in range(4):
        # So that nobody can look either what became of it.
        faulty.rule = any_of(on("put", "head", fault), on("get", "head", *[fault] * (3 - tries)))
        try:
            made = again(store, CHANGES[change])
            break
        except CommitUnknownError as error:
            failed.append(error)
        except Exception:  # a read of the head was refused before anything was sent
            if tries == 3:
                raise
    assert failed
    faulty.rule = None
    assert again(store, CHANGES[change]) == made
    assert [each.number for each in store.history(KEY)] == [3, 2, 1]


def test_the_same_token_in_many_processes_at_once_is_one_revision(
    backend: CountingBackend,
) -> None:
    prepare(DocumentStore(files_on(backend)), "update")

    def call(store: DocumentStore) -> Revision:
        return again(store, CHANGES["update"])

    with ThreadPoolExecutor(8) as pool:
        made = set(pool.map(call, [DocumentStore(files_on(backend)) for _ in range(8)]))
    assert len(made) == 1
    found = DocumentStore(files_on(backend)).load(KEY)
    assert (found.data, found.revision) == ([2, "new"], made.pop())


def test_each_write_of_a_block_is_its_own(store: DocumentStore) -> None:
    def block() -> list[Revision]:
        with once("t"):
            return [store.save(KEY, 1), store.save(KEY, 2), store.save("other", 3)]

    assert block() == block()
    assert [each.number for each in block()] == [1, 2, 1]
    with once("u"):
        assert store.save(KEY, 1).number == 3


def test_without_a_token_nothing_is_the_same(store: DocumentStore) -> None:
    assert [store.save(KEY, 1).number, again(store, CHANGES["save"]).number] == [1, 2]
    assert store.save(KEY, ["new"]).number == 3
    assert [len(each.write_id) for each in store.history(KEY)] == [16, 32, 16]


def test_another_content_is_refused_and_nothing_written(store: DocumentStore) -> None:
    made = again(store, CHANGES["save"], content=b"a")
    with pytest.raises(IdempotencyKeyReusedError, match="revision 1"):
        again(store, CHANGES["save"], content=b"b")
    assert store.history(KEY) == [made]


@pytest.mark.parametrize("later", [18, 40, 200])
def test_it_is_found_behind_any_number_of_revisions_of_a_day(
    store: DocumentStore, backend: CountingBackend, later: int
) -> None:
    made = again(store, CHANGES["save"])
    for number in range(later):
        store.save(KEY, number)
    assert again(DocumentStore(files_on(backend)), CHANGES["save"]) == made
    assert again(store, CHANGES["save"]) == made
    assert store.history(KEY)[0].number == later + 1


def test_what_it_costs(backend: CountingBackend) -> None:
    now = datetime(2026, 1, 1, tzinfo=UTC)
    store = DocumentStore(files_on(backend), clock=lambda: now)
    store.save(KEY, 0)
    for number in range(20):
        again(store, CHANGES["save"], f"{number}")
    backend.reset()
    again(store, CHANGES["save"], "few revisions")
    assert dict(backend.operations) == {"put": 1}
    for number in range(100):
        store.save(KEY, number)
    backend.reset()
    again(store, CHANGES["save"], "many")
    assert dict(backend.operations) == {"get": 3, "put": 1}
    backend.reset()
    again(store, CHANGES["save"], "segments are remembered")
    assert dict(backend.operations) == {"put": 1}
    now += timedelta(hours=25)
    cold = DocumentStore(files_on(backend), clock=lambda: now)
    backend.reset()
    again(cold, CHANGES["save"], "the next day")
    assert dict(backend.operations) == {"get": 1, "put": 1}


@pytest.mark.parametrize("position", [1, 2])
@pytest.mark.parametrize("begun_again", [False, True])
def test_what_was_erased_does_not_come_back(
    store: DocumentStore, backend: CountingBackend, position: int, *, begun_again: bool
) -> None:
    if position == 2:
        store.save(KEY, [1])
    again(store, CHANGES["update"])
    purge(store, KEY)
    if begun_again:
        store.create(KEY, ["another"])
    for repeating in (store, DocumentStore(files_on(backend))):
        with pytest.raises(NotFoundError, match="purged since"):
            again(repeating, CHANGES["update"])
    assert again(store, CHANGES["save"], "another token").number == 1 + begun_again


@pytest.mark.parametrize("token", ["", None, 7])
def test_a_token_is_a_text(token: Any) -> None:
    with pytest.raises((TypeError, InvalidDataError)), once(token):
        pass


def test_a_block_ends(store: DocumentStore) -> None:
    with once("outer"):
        with once("inner"):
            inner = store.save(KEY, 1)
        assert store.save(KEY, 1) != inner
    assert store.save(KEY, 1).number == 3
