"""Documents whose history is not wanted: one blob, with the newest revisions alone."""

from __future__ import annotations

from functools import partial
from typing import Any

import pytest

from ingenious_storage.documents import MSGPACK, DocumentStore, purge, verify
from ingenious_storage.documents.format.segment import MAX_ENTRIES
from ingenious_storage.errors import NotFoundError, RevisionPrunedError
from tests.support.counting import CountingBackend
from tests.support.layering import files_on

KEY = "conversations/a/memory.json"


@pytest.fixture(params=["json", "msgpack"])
def brief(store: DocumentStore, request: pytest.FixtureRequest) -> DocumentStore:
    return (store if request.param == "json" else store.encoded(MSGPACK)).brief()


def test_it_stays_one_blob_however_often_it_is_saved(
    brief: DocumentStore, backend: CountingBackend
) -> None:
    for number in range(1, 3 * MAX_ENTRIES + 10):
        revision = brief.save(KEY, [number])
        assert revision.number == number
        kept = brief.kept_revisions(KEY)
        # The revision that does not fit any more begins anew.
        assert kept == range((number - 1) // MAX_ENTRIES * MAX_ENTRIES + 1, number + 1)
        cold = DocumentStore(files_on(backend))
        assert cold.load(KEY).data == [number]
        assert cold.load(KEY, revision=kept.start).data == [kept.start]
        assert [each.number for each in cold.history(KEY, limit=None)] == [*reversed(kept)]
    keys = [blob.key for blob in backend.inner.list("").blobs]
    assert [key for key in keys if not key.startswith("keys/")] == [KEY]
    assert verify(brief, "conversations/").problems == ()
    with pytest.raises(RevisionPrunedError):
        brief.load(KEY, revision=1)


def test_it_is_an_ordinary_document_for_who_does_not_know(
    brief: DocumentStore, store: DocumentStore, backend: CountingBackend
) -> None:
    for number in range(MAX_ENTRIES + 3):
        brief.save(KEY, [number])
    ordinary = DocumentStore(files_on(backend), encoding=brief.encoding)
    for number in range(2 * MAX_ENTRIES):
        ordinary.save(KEY, [number])
    assert verify(store, "conversations/").problems == ()
    kept = ordinary.kept_revisions(KEY)
    assert kept.start == MAX_ENTRIES + 1
    for number in kept:
        assert DocumentStore(files_on(backend)).load(KEY, revision=number).revision.number == number
    purge(ordinary, KEY)
    with pytest.raises(NotFoundError):
        ordinary.load(KEY)


def test_writers_in_turn_lose_nothing(brief: DocumentStore, backend: CountingBackend) -> None:
    others = [DocumentStore(files_on(backend), encoding=brief.encoding).brief() for _ in range(3)]
    for number in range(3 * MAX_ENTRIES):
        others[number % 3].update(KEY, partial(last_six, number))
    newest = 3 * MAX_ENTRIES - 1
    assert brief.load(KEY).data == [newest - 5 + each for each in range(6)]


def last_six(number: int, old: Any) -> Any:
    return [*(old or [])[-5:], number]
