"""What is handed in as one thing where several are wanted is refused before any request."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from typing import Any

import pytest

from ingenious_storage import MemoryManager, PromptLibrary
from ingenious_storage.backends.inmemory import InMemoryBackend
from ingenious_storage.errors import InvalidDataError, InvalidKeyError, StorageError
from ingenious_storage.file_storage import FileStorage

MESSAGE: Any = {"role": "user", "content": "hi"}


class Untouched(InMemoryBackend):
    """No request may reach it."""

    def __getattribute__(self, name: str) -> Any:
        if name in {"get", "put", "head", "delete", "delete_many", "list", "upload", "open_read"}:
            pytest.fail(f"{name} was asked of the store")
        return super().__getattribute__(name)


@pytest.fixture
def files() -> FileStorage:
    return FileStorage(Untouched())


def memory(call: Callable[[MemoryManager], object]) -> Callable[[FileStorage], object]:
    return lambda files: call(MemoryManager(files))


def prompts(call: Callable[[PromptLibrary], object]) -> Callable[[FileStorage], object]:
    return lambda files: call(PromptLibrary(files))


TAGS: Any = "reviewed"
ANY: Any = "a"
SEVEN: Any = 7
CASES = {
    "append_messages of one": (
        memory(lambda m: m.append_messages("c", MESSAGE)),
        "messages must be a list, not of type dict",
        '[{"role": "user"',
    ),
    "append_messages of text": (
        memory(lambda m: m.append_messages("c", "hi")),
        "messages must be a list, not of type str",
        '[{"role": "user"',
    ),
    "append_messages of bytes": (
        memory(lambda m: m.append_messages("c", b"hi")),
        "messages must be a list, not of type bytes",
        "",
    ),
    "append_messages of a number": (
        memory(lambda m: m.append_messages("c", 1)),  # type: ignore[arg-type]
        "messages must be a list, not of type int",
        "",
    ),
    "load_many of one": (
        memory(lambda m: m.load_many("conversation")),
        "conversation ids must be a list, not of type str",
        '["conversation-1"]',
    ),
    "load_many of a number": (
        memory(lambda m: m.load_many(SEVEN)),
        "conversation ids must be a list, not of type int",
        "",
    ),
    "save_many of pairs": (
        memory(lambda m: m.save_many([("a", 1)])),  # type: ignore[arg-type]
        "memories must be a mapping, not of type list",
        '{"conversation-1": memory}',
    ),
    "save_memory with a tag": (
        memory(lambda m: m.save_memory("c", 1, tags=TAGS)),
        "tags must be a list, not of type str",
        '["reviewed"]',
    ),
    "save_many with a tag": (
        memory(lambda m: m.save_many({"c": 1}, tags=TAGS)),
        "tags must be",
        "",
    ),
    "update_memory with a tag": (
        memory(lambda m: m.update_memory("c", lambda _: 1, tags=TAGS)),
        "tags must be",
        "",
    ),
    "append_messages with a tag": (
        memory(lambda m: m.append_messages("c", [MESSAGE], tags=TAGS)),
        "tags must be",
        "",
    ),
    "commit of text": (
        prompts(lambda p: p.commit("a", ANY)),
        "changes must be a mapping, not of type str",
        '{"assistant.md": ',
    ),
    "commit with a tag": (
        prompts(lambda p: p.commit("a", {"b": "c"}, tags=TAGS)),
        "tags must be",
        "",
    ),
    "create_set of names": (
        prompts(lambda p: p.create_set("a", ["b"])),  # type: ignore[arg-type]
        "prompts must be a mapping, not of type list",
        "",
    ),
    "create_set of text, from another": (
        prompts(lambda p: p.create_set("a", ANY, source="b")),
        "prompts must be a mapping, not of type str",
        "",
    ),
    "delete_many of one": (
        lambda files: files.delete_many("folder/file.json"),
        "keys must be a list, not of type str",
        '["folder/file.json"]',
    ),
}


@pytest.mark.parametrize("name", CASES)
def test_one_thing_is_not_taken_for_several(files: FileStorage, name: str) -> None:
    call, said, hint = CASES[name]
    with pytest.raises(InvalidDataError) as caught:
        call(files)
    assert said in str(caught.value)
    assert hint in caught.value.hint


@pytest.mark.parametrize("wrong", [7, uuid.UUID(int=7), None, b"c", 1.5, ("a",)])
def test_an_id_of_another_type_is_named_with_what_to_do(files: FileStorage, wrong: Any) -> None:
    for call in (MemoryManager(files).load_memory, MemoryManager(files).history):
        with pytest.raises(InvalidKeyError) as caught:
            call(wrong)
        assert f"an id is text, and this one is of type {type(wrong).__name__}" in str(caught.value)
        assert ("str(id)" in caught.value.hint) == (wrong is not None)


@pytest.mark.parametrize(
    "call",
    [
        prompts(lambda p: p.get_set(SEVEN)),
        prompts(lambda p: p.get_label(SEVEN)),
        lambda files: files.load_text(SEVEN),
        lambda files: files.container_exists(SEVEN),
    ],
)
def test_other_names_say_the_type_too(
    files: FileStorage, call: Callable[[FileStorage], object]
) -> None:
    with pytest.raises(StorageError, match="int"):
        call(files)


def test_the_keys_of_a_mapping_may_name_what_is_wanted() -> None:
    files = FileStorage(InMemoryBackend())
    manager = MemoryManager(files)
    manager.save_many({"a": 1})
    assert manager.load_many({"a": None}) == {"a": 1}
    assert files.delete_many({"none": 1}) == {"none": None}
