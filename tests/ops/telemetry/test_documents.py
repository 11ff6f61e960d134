"""Telemetry of documents: a span for each call, what was settled in it, counts and log records."""

from __future__ import annotations

import logging
from collections.abc import Callable
from contextvars import copy_context
from typing import Any

import pytest
from opentelemetry.sdk.trace.sampling import ALWAYS_OFF
from opentelemetry.trace import SpanKind

from ingenious_storage import MemoryManager, PromptLibrary, Storage, telemetry
from ingenious_storage.backends.inmemory import InMemoryBackend
from ingenious_storage.config import Settings, StorageSettings
from ingenious_storage.documents import DocumentStore, verify
from ingenious_storage.documents.writing.pauses import Pauses
from ingenious_storage.errors import (
    CommitUnknownError,
    ConflictError,
    CorruptObjectError,
    MemoryNotFoundError,
)
from ingenious_storage.file_storage import FileStorage
from ingenious_storage.layers.instrument import InstrumentLayer
from tests.support.faults import FaultyBackend, before, lost, on, refused
from tests.support.telemetry import Watch, watching

KEY = "conversations/secret-id/memory.json"
DATA = {"container": "data"}


def store_on(backend: Any) -> DocumentStore:
    return DocumentStore(FileStorage(backend), pauses=Pauses(sleep=lambda _seconds: None))


def overwrite(backend: InMemoryBackend, value: object = "theirs") -> Callable[[], object]:
    return lambda: store_on(backend).save(KEY, value)


def test_the_attempts_of_a_call_nest_in_its_span(watch: Watch) -> None:
    store = store_on(InstrumentLayer(InMemoryBackend(), container="data"))
    store.save(KEY, 1)
    get, put, save = watch.spans
    assert [span.name for span in (get, put, save)] == [
        "ingenious.storage.get",
        "ingenious.storage.put",
        "ingenious.storage.document.save",
    ]
    assert save.kind is SpanKind.INTERNAL
    assert save.context is not None
    for attempt in (get, put):
        assert attempt.kind is SpanKind.CLIENT
        assert attempt.parent is not None
        assert attempt.parent.span_id == save.context.span_id
    assert dict(save.attributes or {}) == {"ingenious.storage.container": "data"}
    assert [event.name for event in save.events] == ["revision_saved"]


def test_without_a_span_of_its_own_a_call_makes_none_for_its_attempts() -> None:
    with watching(ALWAYS_OFF) as watch:
        store_on(InstrumentLayer(InMemoryBackend(), container="data")).save(KEY, 1)
        assert watch.spans == []
        assert watch.points("revisions") == [(DATA, 1)]
        assert sum(count for _, count in watch.points("operation.duration")) == 2


def test_a_task_that_outlives_the_span_it_began_in_is_still_of_its_trace(watch: Watch) -> None:
    with telemetry.tracer.start_as_current_span("request"):
        task = copy_context()
    task.run(store_on(InMemoryBackend()).save, KEY, 1)
    request, save = watch.spans
    assert save.parent is not None
    assert request.context is not None
    assert save.parent.span_id == request.context.span_id


def test_each_container_goes_by_its_role(watch: Watch) -> None:
    settings = Settings(storage=StorageSettings(type="inmemory"))
    with Storage(settings) as storage:
        storage.memory.save_memory("c", 1)
        storage.prompts.create_set("s", {"p": "text"})
    files = FileStorage(InMemoryBackend(), role="revisions")
    PromptLibrary(files).create_set("s", {"p": "text"})
    MemoryManager(FileStorage(InMemoryBackend())).save_memory("c", 1)
    assert watch.points("revisions") == [(DATA, 2), ({"container": "revisions"}, 2)]


def test_the_error_of_a_call_is_told_by_its_code(watch: Watch) -> None:
    store = store_on(InMemoryBackend())
    with pytest.raises(MemoryNotFoundError):
        MemoryManager(documents=store).load_memory("secret-id")
    with pytest.raises(ZeroDivisionError):
        store.update(KEY, lambda _data: 1 / 0)
    errors = [attributes["error.type"] for _, attributes, status in watch.span_list()]
    assert errors == ["not_found", "ZeroDivisionError"]
    assert {status for _, _, status in watch.span_list()} == {"ERROR"}
    assert watch.events() == []


def test_a_revision_is_counted_when_it_is_there(watch: Watch) -> None:
    store = store_on(InMemoryBackend())
    store.save(KEY, {"n": 1})
    store.update(KEY, lambda data: data)  # nothing to write
    store.delete(KEY)
    store.restore(KEY)
    store.rollback(KEY, 1)
    with pytest.raises(ConflictError):
        store.save(KEY, 2, expected=0)
    assert watch.points("revisions") == [(DATA, 4)]


@pytest.mark.parametrize(
    ("answer", "outcome"), [(lost, "landed"), (refused, "resent")], ids=["landed", "resent"]
)
def test_a_lost_answer_is_settled(watch: Watch, answer: Any, outcome: str) -> None:
    store = store_on(FaultyBackend(InMemoryBackend(), on("put", "head", answer)))
    store.save(KEY, 1)
    assert watch.points("lost_answers") == [({**DATA, "outcome": outcome}, 1)]
    assert watch.points("revisions") == [(DATA, 1)]
    assert watch.points("conflicts") == []
    assert watch.events() == [
        ("lost_answer_settled", {"ingenious.storage.outcome": outcome}),
        ("revision_saved", {}),
    ]


def test_a_lost_answer_that_another_writer_made_needless(watch: Watch) -> None:
    backend = InMemoryBackend()
    store = store_on(faulty := FaultyBackend(backend))
    store.save(KEY, "ours")
    faulty.rule = _refused_behind(overwrite(backend))
    with pytest.raises(ConflictError):
        store.save(KEY, "more", expected=1)
    assert watch.points("lost_answers") == [({**DATA, "outcome": "withdrawn"}, 1)]


def _refused_behind(hook: Callable[[], object]) -> Any:
    def fault(request: Any, call: Any) -> None:
        hook()
        refused(request, call)

    return on("put", "head", fault)


def test_an_outcome_that_nobody_knows(watch: Watch, caplog: pytest.LogCaptureFixture) -> None:
    faulty = FaultyBackend(InMemoryBackend())
    store = store_on(faulty)
    store.save(KEY, 1)
    faulty.rule = lambda request: refused if request.role == "head" else None
    with caplog.at_level(logging.WARNING), pytest.raises(CommitUnknownError):
        store.save(KEY, 2)
    assert watch.points("lost_answers") == [({**DATA, "outcome": "unknown"}, 1)]
    assert watch.points("revisions") == [(DATA, 1)]
    (record,) = caplog.records
    assert (record.name, record.levelname) == ("ingenious_storage", "WARNING")
    assert "secret-id" not in record.getMessage()


def test_a_conflict_is_settled_on_top_and_that_is_blind(watch: Watch) -> None:
    backend = InMemoryBackend()
    ours = store_on(FaultyBackend(backend, on("put", "head", None, before(overwrite(backend)))))
    ours.save(KEY, 1)
    ours.save(KEY, 2)
    assert watch.points("conflicts") == [(DATA, 1)]
    # Theirs too: they went on top of revision 1, which they had not read.
    assert watch.points("blind_overwrites") == [(DATA, 2)]
    last = watch.spans[-1]
    assert [event.name for event in last.events] == [
        "conflict_settled",
        "revision_saved",
        "blind_overwrite",
    ]


def test_what_is_no_blind_overwrite(watch: Watch) -> None:
    backend = InMemoryBackend()
    store = store_on(backend)
    store.save(KEY, 1)  # the first revision
    store.save(KEY, 2)  # on top of one's own
    theirs = store_on(backend)
    theirs.load(KEY)
    theirs.save(KEY, 3)  # on top of what was read
    store_on(backend).update(KEY, lambda data: data + 1)
    store_on(backend).save(KEY, 5, expected=4)
    store_on(backend).delete(KEY)
    store_on(backend).save(KEY, 6)  # on top of a tombstone
    assert watch.points("blind_overwrites") == []
    store_on(backend).save_new(KEY, 7)
    assert watch.points("blind_overwrites") == [(DATA, 1)]


def test_a_corrupt_object_is_told_once(watch: Watch, caplog: pytest.LogCaptureFixture) -> None:
    backend = InMemoryBackend()
    backend.put("prompts/secret-id.json", b'{"cut')
    files = FileStorage(backend, role="revisions")
    with caplog.at_level(logging.INFO), pytest.raises(CorruptObjectError):
        PromptLibrary(files).get_set("secret-id")
    where = {"container": "revisions"}
    assert watch.points("corrupt_objects") == [(where, 1)]
    assert watch.events() == [("corrupt_object_met", {})]
    (record,) = caplog.records
    assert record.levelname == "ERROR"
    assert "revisions" in record.getMessage()
    assert "secret-id" not in record.getMessage()
    with pytest.raises(CorruptObjectError):
        files.load_json("prompts/secret-id.json")
    assert verify(DocumentStore(files)).problems
    assert watch.points("corrupt_objects") == [(where, 3)]


def test_data_of_another_shape_is_corrupt_too(watch: Watch) -> None:
    files = FileStorage(InMemoryBackend(), role="revisions")
    documents = DocumentStore(files)
    documents.save("prompts/s.json", ["no set"])
    documents.save("labels/production.json", {"no": "label"})
    files.save_bytes("text", b"\xff")
    library = PromptLibrary(documents=documents)
    for read in (
        lambda: library.get_set("s"),
        lambda: library.commit("s", {"p": "text"}),
        lambda: library.get_label("production"),
        lambda: files.load_text("text"),
    ):
        with pytest.raises(CorruptObjectError):
            read()
    assert watch.points("corrupt_objects") == [({"container": "revisions"}, 4)]
