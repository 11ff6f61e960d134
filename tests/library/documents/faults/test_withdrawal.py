"""Withdrawals: what they leave behind, and who is told of them."""

from __future__ import annotations

import pytest

from ingenious_storage.backends.inmemory import InMemoryBackend
from ingenious_storage.documents import DocumentStore, RevisionId, copy, prune, rewrite
from ingenious_storage.documents.erasing.withdrawal import Withdrawal
from ingenious_storage.documents.format import fields
from ingenious_storage.errors import (
    ConflictError,
    NotFoundError,
    RevisionPrunedError,
    UnavailableError,
)
from ingenious_storage.file_storage import FileStorage
from ingenious_storage.services.prompts import PromptLibrary
from tests.support.faults import FaultyBackend, after, on

KEY = "conversations/a/memory.json"


@pytest.fixture
def store() -> DocumentStore:
    store = DocumentStore(FileStorage(InMemoryBackend()))
    for number in range(1, 7):
        store.save(KEY, number)
    return store


def withdrawn(store: DocumentStore, *numbers: int) -> None:
    """As somebody leaves it who dies then."""
    assert Withdrawal(store, tuple).behind(store.existing(KEY), numbers)


def revision(store: DocumentStore, number: int) -> RevisionId:
    return store.load(KEY, revision=number).revision.id


def test_what_is_withdrawn_can_be_read_and_is_not_kept(store: DocumentStore) -> None:
    withdrawn(store, 1, 3, 4)
    assert [store.load(KEY, revision=number).data for number in range(1, 7)] == [*range(1, 7)]
    for number in (1, 3, 4):
        with pytest.raises(RevisionPrunedError, match="about to be erased"):
            store.require_kept(KEY, revision(store, number))
    for number in (2, 5, 6):
        store.require_kept(KEY, revision(store, number))


def test_it_stays_below_what_is_committed(store: DocumentStore) -> None:
    withdrawn(store, 2)
    store.save(KEY, "newer")
    with pytest.raises(RevisionPrunedError, match="about to be erased"):
        store.require_kept(KEY, revision(store, 2))


def test_it_ends_with_the_erasure(store: DocumentStore) -> None:
    withdrawn(store, 2, 3)
    rewrite(store, KEY, without=[2], spare=tuple)
    store.require_kept(KEY, revision(store, 3))
    assert "withdrawn" not in store.existing(KEY).fields


def test_another_erasure_that_has_nothing_to_do_ends_it(store: DocumentStore) -> None:
    """Who gave up need not have done what it began."""
    withdrawn(store, 2)
    assert rewrite(store, KEY, without=lambda _: False).rewritten_at is None
    store.require_kept(KEY, revision(store, 2))
    withdrawn(store, 2)
    assert prune(store, KEY, keep=20).revisions == 0
    store.require_kept(KEY, revision(store, 2))


def test_a_copy_has_none(store: DocumentStore) -> None:
    withdrawn(store, 2)
    copy(store, KEY, "conversations/b/memory.json")
    assert "withdrawn" not in store.existing("conversations/b/memory.json").fields


@pytest.mark.parametrize("number", [2, 4])
def test_what_is_pinned_meanwhile_is_given_back(store: DocumentStore, number: int) -> None:
    pinned: list[set[int]] = [set(), {number}]
    with pytest.raises(ConflictError, match=f"revision {number} is pinned"):
        rewrite(
            store, KEY, without=[2, 4], spare=lambda: pinned.pop(0) if len(pinned) > 1 else {number}
        )
    for each in range(1, 7):
        store.require_kept(KEY, revision(store, each))


def test_who_cannot_ask_what_is_pinned_gives_back(store: DocumentStore) -> None:
    answers = iter([frozenset[int]()])

    def spare() -> frozenset[int]:
        for answer in answers:
            return answer
        raise UnavailableError("the labels are out of reach")

    with pytest.raises(UnavailableError, match="labels"):
        rewrite(store, KEY, without=[2], spare=spare)
    store.require_kept(KEY, revision(store, 2))


def test_who_spares_nothing_writes_once(store: DocumentStore) -> None:
    etag = store.existing(KEY).etag
    prune(store, KEY, keep=1, dry_run=True)
    assert store.existing(KEY).etag == etag


def test_a_label_is_not_set_to_what_is_withdrawn() -> None:
    store = DocumentStore(FileStorage(InMemoryBackend()))
    prompts = PromptLibrary(documents=store)
    prompts.create_set("s", {"a.md": "1"})
    prompts.commit("s", {"a.md": "2"})
    prompts.set_label("production", "s", revision=2)
    Withdrawal(store, tuple).behind(store.existing("prompts/s.json"), [1])
    with pytest.raises(RevisionPrunedError, match="about to be erased"):
        prompts.set_label("production", "s", revision=1)
    assert prompts.get_label("production").number == 2


def begun_and_labelled(prompts: PromptLibrary) -> None:
    prompts.create_set("s", {"a.md": "1"})
    prompts.set_label("production", "s")


def test_a_purge_that_found_no_set_leaves_one_that_has_begun_since() -> None:
    """Nothing of it was withdrawn, so its label was not refused."""
    backend = InMemoryBackend()
    others = PromptLibrary(FileStorage(backend))
    begun = after(lambda: begun_and_labelled(others))
    purging = PromptLibrary(FileStorage(FaultyBackend(backend, on("get", "head", begun))))
    with pytest.raises(ConflictError, match="pinned"):
        purging.purge_set("s")
    assert others.get_set("s", revision=others.get_label("production")) == {"a.md": "1"}


def test_a_purge_that_found_damage_leaves_what_was_put_in_its_place() -> None:
    backend = InMemoryBackend()
    files, others = FileStorage(backend), PromptLibrary(FileStorage(backend))
    files.save_bytes("prompts/s.json", b"damaged")

    def restored() -> None:
        files.delete("prompts/s.json")
        begun_and_labelled(others)

    rule = on("get", "head", after(restored))
    with pytest.raises(ConflictError, match="pinned"):
        PromptLibrary(FileStorage(FaultyBackend(backend, rule))).purge_set("s")
    assert others.get_label("production").number == 1


def test_a_purge_of_what_is_damaged() -> None:
    prompts = PromptLibrary(FileStorage(InMemoryBackend()))
    prompts.documents.files.save_bytes("prompts/s.json", b"damaged")
    assert prompts.purge_set("s").revisions is None
    with pytest.raises(NotFoundError):
        prompts.purge_set("s")


@pytest.mark.parametrize(
    "value",
    [{}, {"id": "ab"}, {"id": "x", "ranges": []}, {"id": "ab", "ranges": [[2, 1]]}, [], None],
)
def test_another_shape_is_refused(store: DocumentStore, value: object) -> None:
    head = {**store.existing(KEY).fields, "withdrawn": value}
    with pytest.raises((KeyError, TypeError, ValueError)):
        fields.check_head(head)
