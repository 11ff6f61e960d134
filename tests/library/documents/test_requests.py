"""What each call costs in requests. A number here that grows is a bill that grows."""

from __future__ import annotations

import pytest

from ingenious_storage.documents import DocumentStore
from ingenious_storage.documents.format.segment import MAX_ENTRIES
from ingenious_storage.errors import AlreadyExistsError
from ingenious_storage.services.memory import MemoryManager
from ingenious_storage.services.prompts import PromptLibrary
from tests.support.counting import CountingBackend
from tests.support.layering import files_on

KEY = "conversations/a/memory.json"


def another(backend: CountingBackend) -> DocumentStore:
    """A store that remembers nothing yet."""
    backend.reset()
    return DocumentStore(files_on(backend))


def test_saves_with_a_remembered_head_are_one_put_each_and_one_seal_in_32(
    store: DocumentStore, backend: CountingBackend
) -> None:
    store.save(KEY, 0)
    backend.reset()
    for number in range(1, 33):
        store.save(KEY, number)
    assert dict(backend.operations) == {"put": 33}


def test_a_blind_save_reads_once(store: DocumentStore, backend: CountingBackend) -> None:
    store.save(KEY, 1)
    blind = another(backend)
    blind.save(KEY, 2)
    assert dict(backend.operations) == {"get": 1, "put": 1}


def test_a_create_is_one_request(store: DocumentStore, backend: CountingBackend) -> None:
    store.create(KEY, 1)
    assert dict(backend.operations) == {"put": 1}
    with pytest.raises(AlreadyExistsError):
        another(backend).create(KEY, 2)
    assert dict(backend.operations) == {"put": 1, "get": 1}


def test_a_load_is_one_request_and_carries_no_body_when_held(
    store: DocumentStore, backend: CountingBackend
) -> None:
    store.save(KEY, 1)
    cold = another(backend)
    assert cold.load(KEY).data == 1
    assert (backend.total, backend.not_modified) == (1, 0)
    assert cold.load(KEY).data == 1
    assert (backend.total, backend.not_modified) == (2, 1)


def test_an_update_with_a_remembered_head_is_one_put(
    store: DocumentStore, backend: CountingBackend
) -> None:
    store.save(KEY, [1])
    backend.reset()
    store.update(KEY, lambda data: [*data, 2])
    assert dict(backend.operations) == {"put": 1}


def test_any_of_1000_revisions_is_at_most_34_requests_and_history_is_one(
    store: DocumentStore, backend: CountingBackend
) -> None:
    for number in range(1, 1001):
        store.save(KEY, {"n": number})
    for number in (1, 2, 31, 32, 33, 500, 961, 992, 993, 1000):
        assert another(backend).load(KEY, revision=number).data == {"n": number}
        assert backend.total <= 34
    cold = another(backend)
    assert [r.number for r in cold.history(KEY)] == list(range(1000, 980, -1))
    assert dict(backend.operations) == {"get": 1}


@pytest.mark.parametrize("saves", [MAX_ENTRIES + 1, MAX_ENTRIES + 2, 2 * MAX_ENTRIES])
def test_history_of_20_is_one_request_wherever_the_last_seal_was(
    store: DocumentStore, backend: CountingBackend, saves: int
) -> None:
    for number in range(saves):
        store.save(KEY, number)
    assert len(another(backend).history(KEY)) == 20
    assert backend.total == 1


def test_an_old_revision_that_is_held_costs_one_request(
    store: DocumentStore, backend: CountingBackend
) -> None:
    for number in range(100):
        store.save(KEY, number)
    store.load(KEY, revision=1)
    backend.reset()
    store.load(KEY, revision=1)
    assert (backend.total, backend.not_modified) == (1, 1)


def test_a_whole_prompt_set_is_one_request_and_a_304_when_held(backend: CountingBackend) -> None:
    files = {f"prompt-{number}.jinja": "text" * 50 for number in range(10)}
    PromptLibrary(files_on(backend)).create_set("quickstart-1", files)
    backend.reset()
    prompts = PromptLibrary(files_on(backend))
    assert prompts.get_set("quickstart-1") == files
    assert (backend.total, backend.not_modified) == (1, 0)
    assert prompts.get("quickstart-1", "prompt-3.jinja") == files["prompt-3.jinja"]
    assert (backend.total, backend.not_modified) == (2, 1)


def test_save_many_of_new_conversations_is_one_request_each(backend: CountingBackend) -> None:
    memory = MemoryManager(files_on(backend))
    result = memory.save_many({f"conversation {number}": [number] for number in range(50)})
    assert dict(backend.operations) == {"put": 50}
    assert all(getattr(revision, "number", None) == 1 for revision in result.values())


def test_nothing_to_change_is_confirmed_by_one_conditional_read(
    store: DocumentStore, backend: CountingBackend
) -> None:
    store.save(KEY, [1])
    backend.reset()
    assert store.update(KEY, lambda data: data).number == 1
    assert (backend.total, backend.not_modified) == (1, 1)
