"""A copy has the whole history, for a write each segment and one, and is whole or not there."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from ingenious_storage.backends.inmemory import InMemoryBackend
from ingenious_storage.documents import (
    JSON,
    MSGPACK,
    DocumentStore,
    Encoding,
    Revision,
    gc,
    note,
    prune,
    purge,
    repair,
    revisions,
    verify,
)
from ingenious_storage.documents.copying import copy
from ingenious_storage.errors import (
    AlreadyExistsError,
    CommitUnknownError,
    ConflictError,
    InvalidKeyError,
    NotFoundError,
    PermissionDeniedError,
)
from tests.library.documents.faults.scenario import store_on
from tests.support.counting import CountingBackend
from tests.support.faults import FaultyBackend, Held, any_of, at, before, lost, on, refused
from tests.support.layering import files_on

KEY, COPY = "conversations/a/memory.json", "conversations/b/memory.json"
NOW = timedelta(0)


@pytest.fixture(params=[JSON, MSGPACK], ids=lambda encoding: encoding.name)
def encoding(request: pytest.FixtureRequest) -> Encoding:
    found: Encoding = request.param
    return found


def filled(store: DocumentStore, count: int) -> DocumentStore:
    for turn in range(count):
        store.save(KEY, {"turn": turn}, name="a", note=note("ann", f"turn {turn}", ["x"]))
    return store


def everything(store: DocumentStore, key: str) -> list[tuple[Any, Any]]:
    """All revisions but for their ids, with their data."""
    found = []
    for each in revisions(store, key):
        revision, data = (each, None) if isinstance(each, Revision) else (each.revision, each.data)
        told = (revision.number, revision.created_at, revision.author, revision.message)
        found.append(((*told, revision.tags, revision.sha256), data))
    return found


@pytest.mark.parametrize("count", [1, 32, 33, 100])
def test_all_revisions_are_there_for_a_write_each_32(
    backend: CountingBackend, encoding: Encoding, count: int
) -> None:
    store = filled(DocumentStore(files_on(backend)).encoded(encoding), count)
    backend.reset()
    copied = copy(store, KEY, COPY, name="b")
    segments = (count - 1) // 32
    assert backend.operations["put"] == segments + 1
    assert set(backend.operations) <= {"put", "get", "list"}
    assert backend.total <= 2 * segments + 4
    assert (copied.key, copied.revisions, copied.blobs) == (COPY, count, segments + 1)
    assert everything(store, COPY) == everything(store, KEY)
    fresh = DocumentStore(files_on(backend)).encoded(encoding)
    assert everything(fresh, COPY) == everything(fresh, KEY)
    for number in (1, count // 2 + 1):
        assert fresh.load(COPY, revision=number).data == {"turn": number - 1}
    assert (fresh.load(COPY).name, fresh.load(KEY).name) == ("b", "a")
    assert fresh.load(COPY).revision == copied.revision == store.load(COPY).revision
    assert (verify(fresh).documents, verify(fresh).revisions) == (2, 2 * count)
    assert (verify(fresh).problems, verify(fresh).orphans) == ((), ())


def test_both_go_on_by_themselves(store: DocumentStore, encoding: Encoding) -> None:
    store = filled(store.encoded(encoding), 70)
    copy(store, KEY, COPY)
    for turn in range(70, 140):
        store.save(COPY, {"turn": turn})
    assert store.head(KEY).number == 70  # type: ignore[union-attr]
    assert [data["turn"] for _, data in everything(store, COPY)] == list(range(139, -1, -1))
    assert purge(store, KEY).revisions == 70
    assert len(everything(store, COPY)) == 140
    assert verify(store).problems == ()


def test_ids_are_of_one_of_them_alone(store: DocumentStore) -> None:
    filled(store, 3)
    old = store.load(KEY).revision
    new = copy(store, KEY, COPY).revision
    assert isinstance(new, Revision)
    assert (new.number, new.created_at) == (old.number, old.created_at)
    assert new.write_id != old.write_id
    with pytest.raises(ConflictError):
        store.save(COPY, 1, expected=old)
    assert store.save(COPY, 1, expected=new).number == 4


def test_what_was_pruned_or_deleted_before(store: DocumentStore, encoding: Encoding) -> None:
    store = filled(store.encoded(encoding), 80)
    store.delete(KEY)
    store.restore(KEY)
    prune(store, KEY, keep=30)
    copied = copy(store, KEY, COPY)
    assert copied.revisions == 82 - 32
    assert everything(store, COPY) == everything(store, KEY)
    for turn in range(40):
        store.save(COPY, {"turn": turn})
    report = verify(store)
    assert (report.problems, report.orphans) == ((), ())


def test_a_document_without_older_history_is_one_blob(
    store: DocumentStore, encoding: Encoding
) -> None:
    brief = filled(store.encoded(encoding).brief(), 100)
    assert (copied := copy(brief, KEY, COPY)).blobs == 1
    assert everything(brief, COPY) == everything(brief, KEY)
    for turn in range(40):
        brief.save(COPY, {"turn": turn})
    assert brief.load(COPY).revision.number == copied.revision.number + 40
    report = verify(brief)
    assert (report.problems, report.orphans) == ((), ())


def test_a_copy_that_has_lost_its_head_is_repaired(
    store: DocumentStore, backend: CountingBackend, encoding: Encoding
) -> None:
    store = filled(store.encoded(encoding), 40)
    copy(store, KEY, COPY, name="b")
    backend.delete(COPY)
    (done,) = repair(store, COPY, dry_run=False)
    assert (done.name, done.first) == ("b", 1)
    assert everything(DocumentStore(files_on(backend)), COPY) == everything(store, KEY)[-32:]


def test_a_target_that_is_there_is_left_alone(store: DocumentStore) -> None:
    filled(store, 40)
    store.save(COPY, "mine")
    for _ in range(2):
        with pytest.raises(AlreadyExistsError):
            copy(store, KEY, COPY)
        store.delete(COPY)
        with pytest.raises(AlreadyExistsError):
            copy(store, KEY, COPY)
        store.restore(COPY)
    with pytest.raises(AlreadyExistsError):
        copy(store, KEY, KEY)
    assert store.load(COPY).data == "mine"
    assert verify(store).orphans == ()


def test_a_source_that_is_not_there(store: DocumentStore) -> None:
    with pytest.raises(NotFoundError):
        copy(store, KEY, COPY)
    filled(store, 2)
    store.delete(KEY)
    with pytest.raises(NotFoundError, match="restore"):
        copy(store, KEY, COPY)
    with pytest.raises(InvalidKeyError):
        copy(store, KEY, "a//b")


@pytest.mark.parametrize("count", [3, 40])
def test_a_target_that_was_purged(store: DocumentStore, count: int) -> None:
    filled(store, count)
    store.save(COPY, "before")
    purge(store, COPY)
    if count > 32:
        with pytest.raises(AlreadyExistsError) as caught:
            copy(store, KEY, COPY)
        assert "gc" in str(caught.value.hint)
        gc(store, grace=NOW)
    copy(store, KEY, COPY)
    gc(store, grace=NOW)
    assert everything(store, COPY) == everything(store, KEY)
    assert verify(store).problems == ()
    purge(store, COPY)
    gc(store, grace=NOW)
    copy(store, KEY, COPY)
    assert everything(store, COPY) == everything(store, KEY)


def test_into_another_container(store: DocumentStore) -> None:
    filled(store, 70)
    other = DocumentStore(files_on(InMemoryBackend()))
    assert copy(store, KEY, KEY, to=other, name="a").revisions == 70
    assert everything(other, KEY) == everything(store, KEY)
    assert verify(other).problems == ()


COUNT = 70
"""Three writes: two segments, and the head."""


class Line:
    def __init__(self) -> None:
        self.backend = InMemoryBackend()
        self.good = filled(store_on(self.backend), COUNT)
        self.line = FaultyBackend(self.backend)
        self.store = store_on(self.line)

    def is_whole(self) -> bool:
        fresh = store_on(self.backend)
        if fresh.head(COPY) is None:
            return False
        assert everything(fresh, COPY) == everything(fresh, KEY)
        assert (verify(fresh).problems, verify(fresh).orphans) == ((), ())
        return True


def requests() -> int:
    made = Line()
    copy(made.store, KEY, COPY)
    return len(made.line.requests)


class Killed(BaseException):
    """As if the process had ended here."""


def killed(*_any: Any) -> Any:
    raise Killed


def test_a_crash_at_any_request_leaves_nothing_or_all() -> None:
    for position in range(1, requests() + 1):
        made = Line()
        made.line.rule = at(position, killed)
        with pytest.raises(Killed):
            copy(made.store, KEY, COPY)
        fresh = store_on(made.backend)
        assert fresh.head(COPY) is None
        gc(fresh, grace=NOW)
        copy(store_on(made.backend), KEY, COPY)
        gc(store_on(made.backend), grace=NOW)
        assert made.is_whole()


def test_an_answer_that_is_lost_at_any_request_is_settled() -> None:
    for fault in (lost, refused):
        for position in range(1, requests() + 1):
            made = Line()
            made.line.rule = at(position, fault)
            try:
                copy(made.store, KEY, COPY)
            except CommitUnknownError:
                raise
            except Exception:  # noqa: BLE001  # of a segment or a read: nothing is there
                assert store_on(made.backend).head(COPY) is None
                copy(store_on(made.backend), KEY, COPY)
            gc(store_on(made.backend), grace=NOW)
            assert made.is_whole()


def test_a_head_that_lands_late_is_unknown_and_finds_its_segments() -> None:
    made, held = Line(), Held()
    made.line.rule = on("put", "head", *[held] * 3)
    with pytest.raises(CommitUnknownError):
        copy(made.store, KEY, COPY)
    assert store_on(made.backend).head(COPY) is None
    held.land()
    assert made.is_whole()


def test_a_refusal_behind_an_unknown_outcome_is_unknown() -> None:
    def forbidden(*_any: Any) -> Any:
        raise PermissionDeniedError("no", key=COPY)

    made, held = Line(), Held()
    made.line.rule = on("put", "head", held, forbidden)
    with pytest.raises(CommitUnknownError):
        copy(made.store, KEY, COPY)
    held.land()
    assert made.is_whole()


def test_what_the_store_refuses_leaves_no_segments() -> None:
    def forbidden(*_any: Any) -> Any:
        raise PermissionDeniedError("no", key=COPY)

    made = Line()
    made.line.rule = on("put", "head", forbidden)
    with pytest.raises(PermissionDeniedError):
        copy(made.store, KEY, COPY)
    assert not [*made.backend.iterate(f"history/{COPY}/")]


@pytest.mark.parametrize("fault", [None, refused])
def test_who_takes_the_name_meanwhile_keeps_it(fault: Any) -> None:
    made = Line()
    rule = on("put", "head", *([fault] if fault else []))
    take = before(lambda: made.good.save(COPY, "mine"))
    made.line.rule = any_of(on("put", "head", take) if fault is None else rule)
    if fault is not None:
        made.line.rule = any_of(rule, on("get", "head", None, None, take))
    with pytest.raises(AlreadyExistsError):
        copy(made.store, KEY, COPY)
    assert made.good.load(COPY).data == "mine"
    assert verify(made.good).orphans == ()


def test_a_source_that_is_pruned_meanwhile_is_read_again() -> None:
    made = Line()
    made.line.rule = on(
        "get", "segment", before(lambda: prune(made.good, KEY, keep=1)), before(lambda: None)
    )
    copied = copy(made.store, KEY, COPY)
    assert copied.revisions == COUNT - 64
    assert made.is_whole()
