"""The two ends by themselves: what changes under them, and what a faulty store does to them."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from ingenious_ops.migrate.ends.base import Component, Ends
from ingenious_ops.migrate.ends.folder import FolderEnd
from ingenious_ops.migrate.errors import ChangedError, DeletedError
from ingenious_ops.migrate.layout.documents import DocumentsTarget
from ingenious_ops.migrate.layout.source import LayoutSource
from ingenious_ops.migrate.runner import Options, run
from ingenious_storage import FileStorage, MemoryManager, Storage
from ingenious_storage.backends.inmemory import InMemoryBackend
from ingenious_storage.config import Settings, StorageSettings
from ingenious_storage.errors import AlreadyExistsError, ConflictError
from tests.ops.cli.harness import Cli
from tests.ops.migrate.layout.conftest import write_tree
from tests.support.faults import Fault, FaultyBackend, Request, Rule, before, lost, on, refused

BOTH: tuple[Component, ...] = ("memory", "prompts")


@pytest.fixture
def source(cli: Cli) -> LayoutSource:
    write_tree(cli, "app")
    return LayoutSource([FolderEnd(Path("app"))], BOTH, max_bytes=10_000)


@pytest.fixture
def backends() -> dict[str, FaultyBackend]:
    return {}


@pytest.fixture
def storage(backends: dict[str, FaultyBackend]) -> Iterator[Storage]:
    """In memory, behind a layer that can be told to fail."""

    def build(settings: StorageSettings, container: str) -> FaultyBackend:
        backends[container] = FaultyBackend(InMemoryBackend(create=True))
        return backends[container]

    settings = StorageSettings(type="inmemory", retry={"base": 0.001, "cap": 0.002})
    with Storage(Settings(storage=settings), backend=build) as storage:
        yield storage


def test_what_changes_while_it_is_read(source: LayoutSource, cli: Cli) -> None:
    items = {item.key: item for item in source.listing().items}
    memory, prompts = (
        items["conversations/thread-7c3e/memory.json"],
        items["prompts/quickstart-1.json"],
    )
    cli.write("app/memory/thread-7c3e/context.md", "something else")
    Path("app/templates/prompts/quickstart-1/parts/tone.md").unlink()
    for item in (memory, prompts):
        with pytest.raises(ChangedError):
            source.read(item)
        now = source.find(item.key)
        assert now is not None
        assert now.version != item.version
        source.read(now)
    cli.write("app/templates/prompts/quickstart-1/more.md", "x")
    found = source.find(prompts.key)
    assert found is not None
    texts = (b'".draft.md":"Hidden, and a prompt."', b'"more.md":"x"')
    rest = b'"triage.jinja":"You sort {{ team }}."'
    assert source.read(found) == b"{%b,%b,%b}" % (*texts, rest)
    assert source.find("conversations/nobody/memory.json") is None


def test_the_target_is_replaced_on_condition_only(source: LayoutSource, storage: Storage) -> None:
    target = DocumentsTarget(storage, BOTH)
    item = next(item for item in source.listing().items if "thread-7c3e" in item.key)
    data = source.read(item)
    version = target.put(item, data, replace=None)
    [listed] = [each for each in target.listing().items if each.key == item.key]
    assert version == listed.version
    with pytest.raises(AlreadyExistsError):
        target.put(item, data, replace=None)

    storage.memory.save_memory("thread-7c3e", {"context": "theirs"})
    with pytest.raises(ConflictError):
        target.put(item, data, replace=version)
    with pytest.raises(ChangedError):
        target.read(listed)
    now = target.find(item.key)
    assert now is not None
    assert target.read(now) == b'{"context":"theirs"}'
    target.put(item, data, replace=now.version)
    assert [revision.tags for revision in storage.memory.history("thread-7c3e")] == [
        ("migrated",),
        (),
        ("migrated",),
    ]

    storage.memory.delete_memory("thread-7c3e")
    assert target.listing().items == []
    with pytest.raises(DeletedError):
        target.find(item.key)
    with pytest.raises(DeletedError):
        target.put(item, data, replace=None)


def test_a_writer_between_the_look_and_the_write(
    source: LayoutSource, storage: Storage, backends: dict[str, FaultyBackend]
) -> None:
    target = DocumentsTarget(storage, BOTH)
    item = next(item for item in source.listing().items if "thread-7c3e" in item.key)
    version = target.put(item, source.read(item), replace=None)
    backend = backends["ingenious-data"]
    theirs = MemoryManager(FileStorage(backend.inner))
    backend.rule = on("put", "head", before(lambda: theirs.save_memory("thread-7c3e", "theirs")))
    with pytest.raises(ConflictError):
        target.put(item, b'{"context":"ours"}', replace=version)
    assert storage.memory.load_memory("thread-7c3e") == "theirs"


def test_a_listing_makes_no_container(source: LayoutSource) -> None:
    with Storage(Settings(storage=StorageSettings(base_path=Path("new")))) as storage:
        target = DocumentsTarget(storage, BOTH)
        assert not target.exists()
        assert target.listing().items == []
        assert target.find("conversations/a/memory.json") is None
        assert target.find("what/a/plan/asks") is None
        assert not Path("new").exists()
        target.prepare()
        assert target.exists()


@pytest.mark.parametrize("fault", [lost, refused])
def test_an_answer_that_is_lost(
    source: LayoutSource, storage: Storage, backends: dict[str, FaultyBackend], fault: Fault
) -> None:
    """The first try of every write: it landed, or it did not, and nobody was told."""
    for backend in backends.values():
        backend.rule = _first_put_of_each_key(fault)
    ends = Ends(source, DocumentsTarget(storage, BOTH), "ingenious")
    options = Options(Path("j.jsonl"), workers=4)
    report = run(ends, options)
    assert {status.value: n for status, n in report.counts.items()} == {"copied": 5}
    for thread in ("_shared", "thread-7c3e", "order 20417"):
        assert len(storage.memory.history(thread)) == 1
    assert {status.value for status in run(ends, options).counts} == {"unchanged"}


def _first_put_of_each_key(fault: Fault) -> Rule:
    seen: set[str | None] = set()

    def rule(request: Request) -> Fault | None:
        if request.operation != "put" or request.key in seen:
            return None
        seen.add(request.key)
        return fault

    return rule
