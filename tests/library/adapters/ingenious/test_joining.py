"""The framework's memory manager and its route, as far as the adapter looks at them."""

from __future__ import annotations

import asyncio
import logging
import sys
from collections.abc import Callable
from importlib.machinery import ModuleSpec
from types import ModuleType, SimpleNamespace
from typing import Any

import pytest

from ingenious_storage import InvalidKeyError, Storage, UnavailableError
from ingenious_storage.adapters.ingenious.joining import join
from ingenious_storage.backends.inmemory import InMemoryBackend
from tests.library.adapters.ingenious.conftest import Made

run = asyncio.run
Import = Callable[[str, str], Any]

MANAGER = """
class MemoryManager:
    def __init__(self, repository):
        self.file_storage = type("FileStorage", (), {"repository": repository})()

    def _get_memory_file_path(self, thread_id=None):
        return (f"memory/{thread_id}" if thread_id else "memory", "context.md")

    async def read_memory(self, thread_id=None, default_content=""):
        return "theirs"

    write_memory = maintain_memory = delete_memory = read_memory
"""
ROUTE = """
class HTTPException(Exception):
    def __init__(self, status_code, detail):
        super().__init__(f"{status_code}: {detail}")

def normalize_revision_id(name):
    if not name.strip("!"):
        raise ValueError("no letters")
    return name.lower()

def generate_revision_id(name, taken):
    wanted = normalize_revision_id(name or "made-up")
    return next(each for each in (wanted, f"{wanted}-1", f"{wanted}-2") if each not in taken)

async def create_revision(request, create_request, username="somebody", fs=None):
    return "theirs"
"""


@pytest.fixture
def imported(monkeypatch: pytest.MonkeyPatch) -> Import:
    """Puts a module with this code where the framework's is."""

    def make(name: str, code: str) -> Any:
        module = ModuleType(name)
        exec(code, vars(module))
        monkeypatch.setitem(sys.modules, name, module)
        return module

    return make


def manager_of(imported: Import, repository: object) -> Any:
    module = imported("ingenious.services.memory_manager", MANAGER)
    join()
    return module.MemoryManager(repository)


def route_of(imported: Import, original: str = "quickstart-1") -> Any:
    module = imported("ingenious.api.routes.prompts", ROUTE)
    revisions = SimpleNamespace(original_templates=original)
    config = SimpleNamespace(file_storage=SimpleNamespace(revisions=revisions))
    module.ingen_deps = SimpleNamespace(get_config=lambda: config)
    held = module.create_revision  # as a route holds it
    join()
    return held


def ask(route: Any, repository: object, revision: str | None) -> Any:
    storage = SimpleNamespace(repository=repository)
    return run(route(None, SimpleNamespace(revision_id=revision), username="ann", fs=storage))


def test_a_memory_is_kept_by_one_change_a_call(
    imported: Import, repository: Made, storage: Storage
) -> None:
    manager = manager_of(imported, repository("data"))
    assert run(manager.read_memory("c", "default")) == "default"
    assert run(manager.write_memory("one  two", "c")) is True
    assert run(manager.maintain_memory("three\nfour", 3, "c")) is True
    assert run(manager.read_memory(thread_id="c")) == "two three four"
    assert len(storage.memory.history("c")) == 2
    assert run(manager.write_memory("", "c")) is True
    assert run(manager.read_memory("c", "default")) == "default"
    assert run(manager.delete_memory("c")) is run(manager.delete_memory("c")) is True
    assert run(manager.maintain_memory("all")) is True
    assert storage.memory.load_memory("_shared") == {"context": "all"}


def test_many_at_a_time_lose_nothing(imported: Import, repository: Made, storage: Storage) -> None:
    manager = manager_of(imported, repository("data"))

    async def many() -> None:
        await asyncio.gather(*(manager.maintain_memory(f"w{n}", 1000, "c") for n in range(40)))

    run(many())
    assert len(run(manager.read_memory("c")).split()) == 40


@pytest.mark.parametrize("thread", ["_shared", "../c", "/", ".", "a/../b"])
def test_a_thread_that_would_be_another_s_is_refused(
    imported: Import, repository: Made, storage: Storage, thread: str
) -> None:
    manager = manager_of(imported, repository("data"))
    storage.memory.save_memory("_shared", {"context": "all"})
    for call in (manager.read_memory(thread), manager.write_memory("x", thread)):
        with pytest.raises(InvalidKeyError):
            run(call)
    assert storage.memory.load_memory("_shared") == {"context": "all"}


def test_an_outage_is_raised_and_is_no_false(
    imported: Import, repository: Made, monkeypatch: pytest.MonkeyPatch
) -> None:
    manager = manager_of(imported, repository("data"))

    def down(*_args: object, **_options: object) -> None:
        raise UnavailableError("no answer")

    monkeypatch.setattr(InMemoryBackend, "get", down)
    for call in (
        manager.read_memory("c", "default"),
        manager.write_memory("x", "c"),
        manager.maintain_memory("x", 5, "c"),
        manager.delete_memory("c"),
    ):
        with pytest.raises(UnavailableError):
            run(call)


def test_other_storage_types_go_the_framework_s_way(imported: Import, repository: Made) -> None:
    manager, route = manager_of(imported, object()), route_of(imported)
    assert run(manager.read_memory("c")) == run(manager.delete_memory()) == "theirs"
    assert ask(route, object(), "x") == "theirs"


def test_a_revision_is_made_in_one_step(
    imported: Import, repository: Made, storage: Storage
) -> None:
    route, revisions = route_of(imported), repository("revisions")
    with pytest.raises(Exception, match="500: No template files found in quickstart-1 directory"):
        ask(route, revisions, "x")
    storage.prompts.create_set("quickstart-1", {"a.md": "A", "b.jinja": "B", "c.txt": "C"})
    made = ask(route, revisions, "X")
    assert made == {
        "revision_id": "x",
        "message": "Revision created successfully",
        "template_count": 2,
        "copied_files": ["a.md", "b.jinja"],
    }
    assert storage.prompts.get_set("x") == {"a.md": "A", "b.jinja": "B"}
    [revision] = storage.prompts.history("x")
    assert (revision.author, revision.message) == ("ann", "revisions/create")
    storage.prompts.commit("x", {"a.md": "edited"})
    assert ask(route, revisions, "X")["revision_id"] == "x-1"
    assert ask(route, revisions, None)["revision_id"] == "made-up"
    assert storage.prompts.get("x", "a.md") == "edited"
    storage.prompts.set_label("production", "x")
    assert ask(route, revisions, "production")["revision_id"] == "production-1"
    for impossible in ("!!!", "no-revision"):
        with pytest.raises(Exception, match="400: Invalid revision_id format"):
            ask(route, revisions, impossible)


def test_one_that_is_there_is_never_replaced(
    imported: Import, repository: Made, storage: Storage, monkeypatch: pytest.MonkeyPatch
) -> None:
    route, revisions = route_of(imported), repository("revisions")
    storage.prompts.create_set("quickstart-1", {"a.md": "A"})
    storage.prompts.create_set("x", {"a.md": "edited"})
    monkeypatch.setattr(type(storage.prompts), "list_sets", lambda _self: iter(()))  # a close race
    assert ask(route, revisions, "x")["revision_id"] == "x-1"
    assert [each.number for each in storage.prompts.history("x")] == [1]


def test_an_outage_makes_no_revision(
    imported: Import, repository: Made, storage: Storage, monkeypatch: pytest.MonkeyPatch
) -> None:
    route, revisions = route_of(imported), repository("revisions")
    storage.prompts.create_set("quickstart-1", {"a.md": "A"})

    def down(*_args: object, **_options: object) -> None:
        raise UnavailableError("no answer")

    for call in ("list", "get", "put"):
        with monkeypatch.context() as outage:
            outage.setattr(InMemoryBackend, call, down)
            with pytest.raises(Exception, match="500: Internal server error while creating"):
                ask(route, revisions, "x")
        assert list(storage.prompts.list_sets()) == ["quickstart-1"]


def test_a_module_that_is_being_imported_is_joined_later(
    imported: Import, repository: Made, storage: Storage
) -> None:
    module = imported("ingenious.services.memory_manager", "")
    module.__spec__ = ModuleSpec(module.__name__, None)
    module.__spec__._initializing = True  # as importlib says it
    join()
    exec(MANAGER, module.__dict__)
    del module.__spec__._initializing
    join()
    assert run(module.MemoryManager(repository("data")).read_memory("c", "ours")) == "ours"


def test_another_release_is_warned_of_and_goes_its_own_way(
    imported: Import, repository: Made, caplog: pytest.LogCaptureFixture
) -> None:
    module = imported("ingenious.services.memory_manager", "class Memories: pass")
    with caplog.at_level(logging.WARNING, logger="ingenious_storage.adapters.ingenious"):
        join()
        join()
    assert len(caplog.records) == 1
    assert "another release" in caplog.text
    assert not hasattr(module, "MemoryManager")
