"""A packed document whose history was rewritten: as fast to read as before, also by others."""

from __future__ import annotations

from itertools import pairwise

import pytest

from ingenious_storage.backends.inmemory import InMemoryBackend
from ingenious_storage.documents import (
    MSGPACK,
    DocumentStore,
    copy,
    repair,
    rewrite,
    verify,
)
from ingenious_storage.errors import RevisionPrunedError
from ingenious_storage.file_storage import FileStorage
from tests.library.documents.packed.second_reader import SecondReader
from tests.support.bare import WORDS, words_in
from tests.support.counting import CountingBackend

KEY = "agents/langgraph/a/state.msgpack"
COPY = "agents/langgraph/b/state.msgpack"
COUNT = 100
GONE = {5, 30, 31, 32, 33, 34, 70, 98, 99}


def word(number: int) -> str:
    return WORDS[number % len(WORDS)] if number in GONE else "kept"


@pytest.fixture
def backend() -> CountingBackend:
    backend = CountingBackend(InMemoryBackend())
    store = another(backend)
    for number in range(1, COUNT + 1):
        store.save(KEY, [number, word(number)])
    assert words_in(backend.inner) == {word(number) for number in GONE}
    assert {*rewrite(another(backend), KEY, without=GONE).revisions} == GONE
    backend.reset()
    return backend


def another(backend: CountingBackend) -> DocumentStore:
    return DocumentStore(FileStorage(backend), encoding=MSGPACK)


def check(backend: CountingBackend, key: str) -> None:
    store = another(backend)
    for number in range(1, COUNT + 1):
        if number in GONE:
            with pytest.raises(RevisionPrunedError, match="erased"):
                store.load(key, revision=number)
        else:
            assert store.load(key, revision=number).data == [number, "kept"]


def test_nothing_of_them_is_left_and_all_others_are_there(backend: CountingBackend) -> None:
    assert words_in(backend.inner) == set()
    check(backend, KEY)
    report = verify(another(backend))
    assert (report.problems, report.orphans, report.revisions) == ((), (), COUNT)


@pytest.mark.parametrize("number", [1, 29, 35, 97])
def test_an_old_revision_is_two_requests(backend: CountingBackend, number: int) -> None:
    assert another(backend).load(KEY, revision=number).data == [number, "kept"]
    assert backend.total <= 2


def test_another_program_reads_what_is_left(backend: CountingBackend) -> None:
    reader = SecondReader(lambda name: backend.inner.get(name).data, KEY)
    encoded = another(backend).encode
    for number in range(1, COUNT + 1):
        data = reader.data(number)  # of one that was erased, those of a newer one
        above = next(each for each in range(number, COUNT + 1) if each not in GONE)
        assert data == encoded([above, "kept"])
    records = [reader.segment([number, name])[0] for number, name, _ in reader.head["segments"]]
    for older, newer in pairwise(records):
        assert newer["overlap"] == older["entries"][-3:]


def test_it_goes_on_and_can_be_copied(backend: CountingBackend) -> None:
    store = another(backend)
    for number in range(COUNT + 1, COUNT + 70):
        store.save(KEY, [number, "kept"])
    copy(store, KEY, COPY)
    check(backend, KEY)
    check(backend, COPY)
    assert (verify(store).problems, verify(store).orphans) == ((), ())
    assert words_in(backend.inner) == set()


def test_a_head_that_was_lost_comes_back_without_them(backend: CountingBackend) -> None:
    backend.inner.delete(KEY)
    [made] = repair(another(backend), dry_run=False)
    assert made.revision is not None
    assert made.revision.number == COUNT // 32 * 32
    assert words_in(backend.inner) == set()
    assert verify(another(backend)).problems == ()
    store = another(backend)
    store.rollback(KEY, 71)
    assert store.load(KEY).data == [71, "kept"]
