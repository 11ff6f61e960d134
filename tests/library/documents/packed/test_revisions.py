"""What revisions of packed documents cost, and walking through them."""

from __future__ import annotations

from dataclasses import replace
from itertools import islice
from typing import Any

import pytest

from ingenious_storage.documents import (
    MSGPACK,
    Document,
    DocumentStore,
    Revision,
    copy,
    prune,
    purge,
    revisions,
    verify,
)
from ingenious_storage.documents.format import index
from ingenious_storage.documents.format.segment import ROOT, encode_segment, segment_key
from ingenious_storage.errors import ConflictError, CorruptObjectError, NotFoundError
from tests.support.counting import CountingBackend
from tests.support.layering import behind, files_on

KEY = "agents/langgraph/a/state.msgpack"
COPY = "agents/langgraph/b/state.msgpack"
COUNT = 200


def state(number: int) -> Any:
    return {"number": number, "raw": bytes([number % 256]) * 40, "text": f"step {number} " * 20}


def another(backend: CountingBackend) -> DocumentStore:
    backend.reset()
    return DocumentStore(files_on(backend)).encoded(MSGPACK)


@pytest.fixture
def filled(backend: CountingBackend) -> CountingBackend:
    store = another(backend)
    for number in range(1, COUNT + 1):
        store.save(KEY, state(number))
    return backend


def test_any_revision_is_at_most_two_requests_and_no_listing(filled: CountingBackend) -> None:
    for number in (1, 2, 31, 32, 33, 64, 65, 100, 150, 182, 183, 190, 192, 193, 199, 200):
        assert another(filled).load(KEY, revision=number).data == state(number)
        assert set(filled.operations) == {"get"}
        assert filled.total <= 2
        assert filled.total == 1 or number < 183, "the newest come with the head"


def test_the_newest_ten_are_one_request_wherever_the_last_seal_was(
    store: DocumentStore, backend: CountingBackend
) -> None:
    packed = store.encoded(MSGPACK)
    for number in range(1, 70):
        packed.save(KEY, state(number))
        found = list(islice(revisions(another(backend), KEY), 10))
        assert [each.revision.number for each in found if isinstance(each, Document)] == [
            *range(number, max(0, number - 10), -1)
        ]
        assert dict(backend.operations) == {"get": 1}


def test_a_walk_reads_each_segment_once_and_when_it_is_needed(filled: CountingBackend) -> None:
    walked = revisions(another(filled), KEY)
    for number in range(COUNT, 0, -1):
        found = next(walked)
        assert isinstance(found, Document)
        assert (found.revision.number, found.data) == (number, state(number))
        assert filled.total <= 2 + (COUNT - number) // 32
    assert next(walked, None) is None
    assert dict(filled.operations) == {"get": 1 + (COUNT - 1) // 32}


@pytest.mark.parametrize("newest", [1, 32, 33, 35, 100, 195, 200, 900])
def test_a_walk_begins_at_any_revision_in_two_requests(
    filled: CountingBackend, newest: int
) -> None:
    begin = min(newest, COUNT)
    found = list(islice(revisions(another(filled), KEY, newest=newest), 3))
    assert [each.data for each in found if isinstance(each, Document)] == [
        state(number) for number in range(begin, max(0, begin - 3), -1)
    ]
    assert filled.total <= 2


def test_a_segment_has_the_last_three_of_the_one_before(filled: CountingBackend) -> None:
    """Revision 33 is the first of its segment."""
    for taken, requests in ((4, 2), (5, 3)):
        found = list(islice(revisions(another(filled), KEY, newest=33), taken))
        assert [each.data for each in found if isinstance(each, Document)] == [
            state(number) for number in range(33, 33 - taken, -1)
        ]
        assert filled.total == requests


def test_of_what_was_pruned_nothing_is_read_in_the_next_segment(filled: CountingBackend) -> None:
    prune(another(filled), KEY, keep=COUNT - 32)
    found = list(revisions(another(filled), KEY, newest=40))
    assert [e.revision.number for e in found if isinstance(e, Document)] == [*range(40, 32, -1)]
    copy(another(filled), KEY, COPY)
    assert verify(another(filled)).problems == ()


@pytest.mark.parametrize("field", ["sha256", "author", "delta"])
def test_a_copy_in_a_segment_that_differs_is_told(filled: CountingBackend, field: str) -> None:
    store = another(filled)
    head = store.head(KEY)
    assert head is not None
    name = head.index[1][0]
    found = store.reader.segment(KEY, name)
    wrong = {"sha256": "0" * 64, "author": "another", "delta": found.overlap[0]["delta"]}
    copies: Any = [*found.overlap[:-1], {**found.overlap[-1], field: wrong[field]}]
    raw = encode_segment(replace(found, overlap=copies), document=KEY)
    behind(filled).put(segment_key(KEY, name), raw)
    [problem] = verify(another(filled)).problems
    assert (problem.key, problem.code) == (segment_key(KEY, name), CorruptObjectError.code)


def test_history_is_one_request_for_twenty(filled: CountingBackend) -> None:
    assert len(another(filled).history(KEY)) == 20
    assert dict(filled.operations) == {"get": 1}


def test_a_json_document_is_walked_too(store: DocumentStore, backend: CountingBackend) -> None:
    for number in range(1, 101):
        store.save(KEY, number)
    store.delete(KEY)
    store.restore(KEY)
    plain = DocumentStore(files_on(backend))
    found = [
        each.data if isinstance(each, Document) else each.deleted for each in revisions(plain, KEY)
    ]
    assert found == [100, True, *range(100, 0, -1)]
    assert [e.data for e in revisions(plain, KEY, newest=2) if isinstance(e, Document)] == [2, 1]


def test_a_deletion_is_walked_without_data(store: DocumentStore) -> None:
    packed = store.encoded(MSGPACK)
    packed.save(KEY, b"one")
    packed.delete(KEY)
    packed.restore(KEY)
    newest, deletion, first = revisions(packed, KEY)
    assert isinstance(newest, Document)
    assert isinstance(deletion, Revision)
    assert deletion.deleted
    assert isinstance(first, Document)
    assert (newest.data, first.data) == (b"one", b"one")


def test_a_walk_ends_where_the_history_was_pruned(filled: CountingBackend) -> None:
    prune(another(filled), KEY, keep=100)
    numbers = [
        e.revision.number for e in revisions(another(filled), KEY) if isinstance(e, Document)
    ]
    assert numbers == list(range(COUNT, 96, -1))


def test_what_is_erased_under_a_walk_is_told(filled: CountingBackend) -> None:
    walked = revisions(another(filled), KEY)
    list(islice(walked, 20))
    prune(another(filled), KEY, keep=1)
    with pytest.raises(ConflictError, match="erased"):
        list(walked)


def test_a_document_that_is_purged_under_a_walk_is_told(filled: CountingBackend) -> None:
    walked = revisions(another(filled), KEY)
    list(islice(walked, 20))
    purge(another(filled), KEY)
    with pytest.raises(NotFoundError):
        list(walked)


def test_a_hole_is_told(filled: CountingBackend) -> None:
    store = another(filled)
    [*_, newest] = behind(filled).iterate(ROOT)
    behind(filled).delete(newest.key)
    with pytest.raises(CorruptObjectError):
        list(revisions(store, KEY))


def test_an_index_that_is_full_is_no_reason_to_lose_what_is_older(
    store: DocumentStore, backend: CountingBackend, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(index, "MAX_SEGMENTS", 3)
    packed = store.encoded(MSGPACK)
    for number in range(1, 301):
        packed.save(KEY, state(number))
    for number in (1, 100, 193, 260, 300):
        assert another(backend).load(KEY, revision=number).data == state(number)
    everything = [e.data for e in revisions(another(backend), KEY) if isinstance(e, Document)]
    assert everything == [state(number) for number in range(300, 0, -1)]


def test_a_writer_that_does_not_know_the_index_leaves_a_document_that_is_read(
    filled: CountingBackend,
) -> None:
    """It keeps the field and does not add what it seals: then nobody believes it any more."""
    store = another(filled)
    head = store.head(KEY)
    assert head is not None
    head.fields["segments"] = head.fields["segments"][:-1]
    behind(filled).put(KEY, head.encode())
    for number in (1, 150, 192, 193):
        assert another(filled).load(KEY, revision=number).data == state(number)
    store = another(filled)
    for number in range(COUNT + 1, COUNT + 40):
        store.save(KEY, state(number))
    head = another(filled).head(KEY)
    assert head is not None
    assert head.index == (), "it has all or none"
    assert another(filled).load(KEY, revision=40).data == state(40)
