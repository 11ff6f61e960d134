"""What the calls mean, looked at from outside and behind the store."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import orjson
import pytest

from ingenious_storage.backends.base import IfMatch, PutOptions
from ingenious_storage.backends.inmemory import InMemoryBackend
from ingenious_storage.documents import (
    DocumentStore,
    Retention,
    Revision,
    note,
    prune,
    purge,
    verify,
)
from ingenious_storage.errors import (
    ConflictError,
    CorruptObjectError,
    InvalidDataError,
    NotFoundError,
    ObjectTooLargeError,
    RevisionNotFoundError,
    RevisionPrunedError,
    StorageError,
    UnsupportedFormatError,
)
from tests.support.counting import CountingBackend
from tests.support.layering import behind, files_on
from tests.support.writers import remains, size_of

KEY = "conversations/a/memory.json"


def raw(backend: CountingBackend) -> dict[str, Any]:
    head: dict[str, Any] = orjson.loads(behind(backend).get(KEY).data)
    return head


def test_a_head_is_what_the_format_says(store: DocumentStore, backend: CountingBackend) -> None:
    store.save(KEY, {"b": 1, "a": 2}, name="a", note=note("ann", "first", ["x"]))
    revision = store.save(KEY, {"b": 1, "a": 3})
    head = raw(backend)
    assert list(head)[-1] == "data"
    assert list(head["data"]) == ["b", "a"]
    assert head["format"] == "ingenious.document/1"
    assert (head["key"], head["name"]) == (KEY, "a")
    assert (head["number"], head["first"], head["deleted"]) == (2, 1, False)
    assert head["write_id"] == revision.write_id == head["recent"][1]["write_id"]
    assert head["sealed"] is None
    assert head["recent"][0]["delta"] is None
    assert head["recent"][0]["author"] == "ann"
    assert head["recent"][0]["message"] == "first"
    assert head["recent"][0]["tags"] == ["x"]


def test_fields_of_a_newer_minor_format_are_kept(
    store: DocumentStore, backend: CountingBackend
) -> None:
    store.save(KEY, [1])
    head = raw(backend)
    head["recent"][0]["mood"] = "good"
    changed = orjson.dumps({"colour": "red", **head})
    behind(backend).put(KEY, changed)
    store.save(KEY, [2])
    assert raw(backend)["colour"] == "red"
    assert raw(backend)["recent"][0]["mood"] == "good"
    assert store.load(KEY, revision=1).data == [1]


def test_created_at_is_the_injected_clock(backend: CountingBackend) -> None:
    now = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)
    store = DocumentStore(files_on(backend), clock=lambda: now)
    assert store.save(KEY, 1).created_at == now
    assert raw(backend)["recent"][0]["created_at"] == "2026-01-02T03:04:05Z"


@pytest.mark.parametrize(
    ("damage", "error"),
    [
        (lambda data: data[:-10], CorruptObjectError),
        (lambda data: b"", CorruptObjectError),
        (lambda data: b"<html><body>Sign in</body></html>", CorruptObjectError),
        (lambda data: b"[1]", CorruptObjectError),
        (lambda data: data.replace(b'"secret"', b'"Secret"'), CorruptObjectError),
        (
            lambda data: data.replace(KEY.encode(), b"conversations/b/memory.json"),
            CorruptObjectError,
        ),
        (lambda data: data.replace(b"document/1", b"document/2"), UnsupportedFormatError),
        (
            lambda data: data.replace(b"ingenious.document/1", b"acme.document/1"),
            CorruptObjectError,
        ),
        (lambda data: b"[" * 100_000, CorruptObjectError),
    ],
    ids=["cut", "empty", "html", "list", "edited", "moved", "future", "foreign", "deep"],
)
def test_a_damaged_head_is_refused_and_stays(
    store: DocumentStore,
    backend: CountingBackend,
    damage: Callable[[bytes], bytes],
    error: type[StorageError],
) -> None:
    store.save(KEY, {"word": "secret"})
    damaged = damage(behind(backend).get(KEY).data)
    behind(backend).put(KEY, damaged)
    for call in (
        lambda: store.load(KEY),
        lambda: store.save(KEY, 2),
        lambda: store.update(KEY, lambda data: data),
        lambda: store.history(KEY),
        lambda: DocumentStore(store.files).save(KEY, 2),
    ):
        with pytest.raises(error) as caught:
            call()
        assert "secret" not in str(caught.value)
    assert behind(backend).get(KEY).data == damaged
    assert [problem.code for problem in verify(store).problems] == [error.code]


@pytest.mark.parametrize(
    "value",
    [float("nan"), [float("inf")], {"a": {1, 2}}, {1: 2}, 2**64, -(2**63) - 1, "\ud800", b"x"],
    ids=str,
)
def test_what_is_not_json_is_refused_before_any_request(
    store: DocumentStore, backend: CountingBackend, value: object
) -> None:
    with pytest.raises(InvalidDataError) as caught:
        store.save(KEY, value)
    assert caught.value.hint
    assert backend.total == 0


def test_deep_nesting_is_refused_before_any_request(
    store: DocumentStore, backend: CountingBackend
) -> None:
    value: list[Any] = []
    for _ in range(100_000):
        value = [value]
    with pytest.raises(InvalidDataError):
        store.save(KEY, value)
    assert backend.total == 0
    while value:  # taken apart here, since the interpreter would recurse
        value = value.pop()


def test_null_is_json_and_stays_apart_from_nan(store: DocumentStore) -> None:
    store.save(KEY, {"a": None, "b": [1.5, None]})
    assert store.load(KEY).data == {"a": None, "b": [1.5, None]}
    with pytest.raises(InvalidDataError):
        store.save(KEY, {"a": None, "b": [float("nan")]})


def test_a_document_over_the_limit_is_refused_before_any_request(
    backend: CountingBackend,
) -> None:
    store = DocumentStore(files_on(backend), max_document_bytes=100)
    store.save(KEY, "x" * 98)
    backend.reset()
    with pytest.raises(ObjectTooLargeError):
        store.save(KEY, "x" * 99)
    assert backend.total == 0


def test_a_function_that_forgets_to_return_wipes_nothing(store: DocumentStore) -> None:
    store.save(KEY, [1])
    with pytest.raises(TypeError, match="return"):
        store.update(KEY, lambda data: None)
    assert store.load(KEY).data == [1]


def test_a_coroutine_function_is_refused(store: DocumentStore, backend: CountingBackend) -> None:
    async def fn(data: object) -> object:
        return data

    with pytest.raises(TypeError):
        store.update(KEY, fn)
    assert backend.total == 0


def test_what_the_function_raises_goes_to_the_caller_and_it_is_not_called_again(
    store: DocumentStore,
) -> None:
    store.save(KEY, [1])
    calls = []

    def fn(data: list[int]) -> list[int]:
        data.append(9)
        calls.append(1)
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        store.update(KEY, fn)
    assert calls == [1]
    assert store.load(KEY).data == [1]


def test_the_function_is_called_again_after_a_conflict_with_the_new_data(
    store: DocumentStore, backend: CountingBackend
) -> None:
    store.save(KEY, [1])
    other = DocumentStore(files_on(backend))
    seen: list[list[int]] = []

    def fn(data: list[int]) -> list[int]:
        if not seen:
            other.save(KEY, [1, 2])
        seen.append(list(data))
        data.append(3)
        return data

    store.update(KEY, fn)
    assert seen == [[1], [1, 2]]
    assert store.load(KEY).data == [1, 2, 3]
    assert [r.number for r in store.history(KEY)] == [3, 2, 1]


def test_the_function_gets_none_for_a_missing_document(store: DocumentStore) -> None:
    assert store.update(KEY, lambda data: [data]).number == 1
    assert store.load(KEY).data == [None]


def test_a_document_that_goes_away_during_an_update_does_not_come_back(
    store: DocumentStore, backend: CountingBackend
) -> None:
    for erase in (
        lambda: DocumentStore(files_on(backend)).delete(KEY),
        lambda: purge(DocumentStore(files_on(backend)), KEY),
    ):
        store.save(KEY, [1])

        def fn(data: list[int] | None, erase: Callable[[], object] = erase) -> list[int]:
            erase()
            return [*(data or []), 2]

        with pytest.raises(ConflictError):
            store.update(KEY, fn)
        with pytest.raises(NotFoundError):
            store.load(KEY)


def test_expected_revisions(store: DocumentStore, backend: CountingBackend) -> None:
    first = store.save(KEY, 1, expected=0)
    with pytest.raises(ConflictError):
        store.save(KEY, 2, expected=0)
    second = store.save(KEY, 2, expected=first)
    with pytest.raises(ConflictError, match="found revision 2"):
        DocumentStore(files_on(backend)).save(KEY, 3, expected=first)
    with pytest.raises(ConflictError):
        store.save(KEY, 3, expected=1)
    assert store.save(KEY, 3, expected=second.number).number == 3


def test_the_last_writer_wins_and_the_other_stays_in_the_history(
    store: DocumentStore, backend: CountingBackend
) -> None:
    store.save(KEY, "first")
    DocumentStore(files_on(backend)).save(KEY, "other")
    assert store.save(KEY, "mine").number == 3
    assert store.load(KEY, revision=2).data == "other"


def test_delete_restore_and_rollback(store: DocumentStore, backend: CountingBackend) -> None:
    store.save(KEY, "a")
    store.save(KEY, "b")
    assert store.delete(KEY).deleted
    assert raw(backend)["data"] is None
    with pytest.raises(NotFoundError):
        store.load(KEY)
    with pytest.raises(NotFoundError):
        store.delete(KEY)
    with pytest.raises(NotFoundError):
        store.load(KEY, revision=3)
    assert store.load(KEY, revision=2).data == "b"
    assert list(store.list("conversations/")) == []
    assert store.restore(KEY).number == 4
    assert store.load(KEY).data == "b"
    assert store.restore(KEY).number == 4
    assert store.rollback(KEY, 1).number == 5
    assert store.load(KEY).data == "a"
    with pytest.raises(NotFoundError):
        store.rollback(KEY, 3)
    with pytest.raises(RevisionNotFoundError):
        store.rollback(KEY, 9)
    assert list(store.list("conversations/")) == [KEY]
    assert [(r.number, r.deleted) for r in store.history(KEY)] == [
        (5, False),
        (4, False),
        (3, True),
        (2, False),
        (1, False),
    ]


def test_create_goes_on_top_of_a_tombstone(store: DocumentStore) -> None:
    store.create(KEY, 1)
    store.delete(KEY)
    assert store.create(KEY, 2).number == 3


def test_missing_documents(store: DocumentStore) -> None:
    for call in (store.load, store.history, store.delete, store.restore):
        with pytest.raises(NotFoundError):
            call(KEY)
    with pytest.raises(NotFoundError):
        store.rollback(KEY, 1)
    with pytest.raises(NotFoundError):
        purge(store, KEY)


def test_numbers_outside_of_the_history(store: DocumentStore) -> None:
    store.save(KEY, 1)
    for number in (0, -1, 2):
        with pytest.raises(RevisionNotFoundError):
            store.load(KEY, revision=number)


def test_prune_drops_whole_segments_and_says_so_first(
    store: DocumentStore, backend: CountingBackend
) -> None:
    for number in range(100):
        store.save(KEY, number)
    would = prune(store, KEY, keep=40, dry_run=True)
    assert (would.first, would.revisions, would.blobs, would.dry_run) == (33, 32, 1, True)
    assert len(list(backend.iterate("history/"))) == 3
    done = prune(store, KEY, keep=40)
    assert (done.first, done.revisions, done.bytes) == (33, 32, would.bytes)
    assert len(list(backend.iterate("history/"))) == 2
    with pytest.raises(RevisionPrunedError):
        store.load(KEY, revision=32)
    assert store.load(KEY, revision=33).data == 32
    assert [r.number for r in store.history(KEY, limit=None)] == list(range(100, 32, -1))
    assert store.save(KEY, "next").number == 101
    assert verify(store).problems == ()
    assert prune(store, KEY, keep=40).revisions == 0


def test_prune_of_all_that_is_sealed(store: DocumentStore) -> None:
    for number in range(33):
        store.save(KEY, number)
    assert prune(store, KEY, keep=1).first == 33
    assert [r.number for r in store.history(KEY)] == [33]
    with pytest.raises(RevisionPrunedError):
        store.load(KEY, revision=32)
    report = verify(store)
    assert (report.revisions, report.problems, report.orphans) == (1, (), ())
    assert store.save(KEY, "next").number == 34


def test_prune_by_age_uses_the_clock_of_the_store() -> None:
    now = datetime(2026, 1, 1, tzinfo=UTC)
    backend = InMemoryBackend(clock=lambda: now)
    store = DocumentStore(files_on(backend), clock=lambda: now)
    for number in range(33):
        store.save(KEY, number)
    now += timedelta(days=10)
    for number in range(40):
        store.save(KEY, number)
    now += timedelta(days=5)
    assert prune(store, KEY, superseded=timedelta(days=20)).revisions == 0
    assert prune(store, KEY, superseded=timedelta(days=12)).first == 33


def test_prune_spares_what_is_pinned(store: DocumentStore) -> None:
    for number in range(100):
        store.save(KEY, number)
    assert prune(store, KEY, keep=1, spare=lambda: {40}).first == 33
    assert store.load(KEY, revision=40).data == 39


def test_a_pin_that_is_set_while_it_is_pruned_is_heard(store: DocumentStore) -> None:
    for number in range(100):
        store.save(KEY, number)
    answers = iter([set(), {5}, {5}])
    assert prune(store, KEY, keep=1, spare=lambda: next(answers)).revisions == 0
    assert store.load(KEY, revision=5).data == 4


@pytest.mark.parametrize("options", [{}, {"keep": 0}, {"superseded": -timedelta(1)}])
def test_prune_wants_clear_limits(store: DocumentStore, options: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match=r"keep|superseded"):
        prune(store, KEY, **options)


def test_purge_erases_everything_and_gives_a_receipt() -> None:
    now = datetime(2026, 1, 1, tzinfo=UTC)
    backend = CountingBackend(InMemoryBackend(clock=lambda: now))
    store = DocumentStore(files_on(backend), retention=Retention(timedelta(days=7)))
    for number in range(40):
        store.save(KEY, number)
    store.delete(KEY)
    size = size_of(backend, KEY)
    receipt = purge(store, KEY)
    assert (receipt.revisions, receipt.blobs, receipt.bytes) == (41, 2, size)
    assert receipt.recoverable_until == now + timedelta(days=7)
    assert remains(backend) == []
    assert store.save(KEY, "new").number == 1


def test_purge_of_a_damaged_document(store: DocumentStore, backend: CountingBackend) -> None:
    store.save(KEY, 1)
    behind(backend).put(KEY, b"damaged")
    assert purge(store, KEY).revisions is None
    assert remains(backend) == []


def test_verify_finds_what_is_wrong(store: DocumentStore, backend: CountingBackend) -> None:
    for number in range(100):
        store.save(KEY, number)
        store.save("conversations/b/memory.json", number)
    segments = [info.key for info in backend.iterate(f"history/{KEY}/")]
    backend.delete(segments[1])
    report = verify(store)
    assert (report.documents, report.revisions, report.orphans) == (2, 100, ())
    assert [(p.code, p.key) for p in report.problems] == [("corrupt_object", KEY)]
    with pytest.raises(CorruptObjectError):
        store.load(KEY, revision=5)
    assert store.load(KEY, revision=99).data == 98


def test_a_segment_that_was_tampered_with_is_found(
    store: DocumentStore, backend: CountingBackend
) -> None:
    for number in range(70):
        store.save(KEY, number)
    first, second = (info.key for info in backend.iterate(f"history/{KEY}/"))
    behind(backend).put(second, behind(backend).get(first).data)
    with pytest.raises(CorruptObjectError, match="moved"):
        store.load(KEY, revision=5)
    behind(backend).put(second, b"not zstd")
    with pytest.raises(CorruptObjectError, match="unpacked"):
        store.load(KEY, revision=6)


def test_a_head_is_only_replaced_by_its_etag(
    store: DocumentStore, backend: CountingBackend
) -> None:
    """Every write of a head is conditional, so nothing is overwritten unseen."""
    store.save(KEY, 1)
    etag = backend.head(KEY).etag
    store.save(KEY, 2)
    with pytest.raises(ConflictError):
        behind(backend).put(KEY, b"", PutOptions(condition=IfMatch(etag)))


@pytest.mark.parametrize("given", ["id", "number"])
@pytest.mark.parametrize("call", ["delete", "restore", "rollback", "update"])
def test_every_change_may_say_what_it_expects(
    store: DocumentStore, backend: CountingBackend, call: str, given: str
) -> None:
    first = store.save(KEY, [1])
    newest = store.delete(KEY) if call == "restore" else store.save(KEY, [2])

    def change(on: DocumentStore, expected: Revision) -> Revision:
        what = {"rollback": (1,), "update": (lambda data: [*data, 3],)}.get(call, ())
        revision = expected if given == "id" else expected.number
        made: Revision = getattr(on, call)(KEY, *what, expected=revision)
        return made

    for late in (store, DocumentStore(files_on(backend))):
        with pytest.raises(ConflictError, match="expected revision 1, found revision 2"):
            change(late, first)
        assert late.history(KEY)[0] == newest
    assert change(store, newest).number == 3
