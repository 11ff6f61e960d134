"""Folders that other programs store as empty blobs are skipped, counted and listed everywhere."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from ingenious_ops.migrate.ends.base import FOLDER_MARKER
from ingenious_ops.migrate.ends.folder import FolderEnd
from ingenious_ops.migrate.limits import Limits
from ingenious_ops.migrate.plan import make_plan
from ingenious_ops.migrate.verification import verify
from ingenious_storage import Storage
from ingenious_storage.backends.base import Properties, PutOptions
from ingenious_storage.documents import gc
from ingenious_storage.documents import verify as verify_documents
from tests.ops.cli.harness import Cli
from tests.ops.migrate.harness import Migration, azure_settings, counts, data_of, read_tree
from tests.ops.migrate.test_azurite import azure
from tests.support.counting import CountingBackend
from tests.support.servers.azurite import Azurite

MARKERS = {
    "chats": {"hdi_isfolder": "true"},
    "chats/t1": {"HDI_IsFolder": "TRUE"},
    "empty": {"hdi_isfolder": "true", "hdi_permission": "x"},
    "old": {"asv_isfolder": "true"},
    "slash/": {},
    "spark_$folder$": {},
}
FILES = {"chats/t1/a.json": b"{}", "none": b"", "said_no": b"", "full_$folder$": b"1"}


def fill(storage: Storage) -> None:
    storage.data.ensure_container()
    backend = storage.data.backend
    for key, metadata in MARKERS.items():
        backend.put(key, b"", PutOptions(properties=Properties(metadata=metadata)))
    for key, data in FILES.items():
        metadata = {"hdi_isfolder": "false"} if key == "said_no" else {}
        backend.put(key, data, PutOptions(properties=Properties(metadata=metadata)))


@pytest.fixture
def source(azurite: Azurite, container_name: str) -> Iterator[Storage]:
    with azure(azurite, container_name) as storage:
        fill(storage)
        yield storage


def test_markers_are_skipped_by_plan_run_and_verify(source: Storage, tmp_path: Path) -> None:
    migration = Migration(data_of(source), FolderEnd(tmp_path / "out"), tmp_path / "j", workers=1)
    plan = make_plan(migration.ends, {}, workers=1, limits=Limits())
    report = migration()
    found = verify(migration.ends)
    for skipped in (plan.skipped, report.skipped, found.skipped):
        assert sorted(entry.name for entry in skipped) == sorted(MARKERS)
        assert {(entry.reason, entry.is_fault) for entry in skipped} == {(FOLDER_MARKER, False)}
    assert counts(report) == {"copied": len(FILES)}
    assert read_tree(tmp_path / "out") == FILES
    assert found.passed


def test_markers_at_the_target_are_nothing_extra(
    source: Storage, azurite: Azurite, tmp_path: Path
) -> None:
    (tmp_path / "in").mkdir()
    (tmp_path / "in" / "new").write_bytes(b"1")
    migration = Migration(FolderEnd(tmp_path / "in"), data_of(source), tmp_path / "j")
    migration()
    found = verify(migration.ends)
    assert [difference.key for difference in found.differences] == sorted(FILES)
    assert {entry.name for entry in found.skipped} == set(MARKERS)
    assert {entry.reason for entry in found.skipped} == {f"at the target: {FOLDER_MARKER}"}


def test_the_library_takes_none_for_a_document(azurite: Azurite, container_name: str) -> None:
    made: list[CountingBackend] = []

    def wrap(backend: object) -> CountingBackend:
        made.append(CountingBackend(backend))  # type: ignore[arg-type]
        return made[-1]

    with azure(azurite, container_name, wrap) as storage:
        storage.memory.save_memory("t1", {"a": 1})
        storage.prompts.create_set("one", {"a": "A"})
        folder = Properties(metadata={"Hdi_isfolder": "True"})
        for key in ("conversations", "conversations/t1", "conversations/t2/memory.json"):
            storage.data.backend.put(key, b"", PutOptions(properties=folder))
        for key in ("deleted/conversations/t3/memory.json", "history"):
            storage.data.backend.put(key, b"", PutOptions(properties=folder))
        for key in ("prompts", "prompts/two.json", "labels", "labels/live.json"):
            storage.revisions.backend.put(key, b"", PutOptions(properties=folder))
        for backend in made:
            backend.reset()
        assert list(storage.memory.list_conversations()) == ["t1"]
        # One request more for the one that has the name of a document; none for the others.
        assert [name for name, _ in made[0].calls if name != "list"] == ["get"]
        assert list(storage.prompts.list_sets()) == ["one"]
        assert storage.prompts.list_labels() == []
        for documents in (storage.memory.documents, storage.prompts.documents):
            report = verify_documents(documents)
            assert (report.documents, report.problems, report.orphans) == (1, (), ())
        assert gc(storage.memory.documents, grace=timedelta()).keys == ()
        assert gc(storage.prompts.documents, grace=timedelta()).keys == ()


def test_metadata_is_asked_for_by_migrations_only(source: Storage) -> None:
    by_key = {info.key: info for info in source.data.list_blobs()}
    assert by_key["chats"].properties.metadata == {}
    asked = {info.key: info for info in source.data.backend.iterate(metadata=True)}
    assert {key for key, info in asked.items() if info.is_folder_marker} == set(MARKERS)


def test_a_layout_makes_no_prompt_of_a_marker(
    azurite: Azurite, container_name: str, tmp_path: Path, cli: Cli
) -> None:
    with azure(azurite, container_name) as storage:
        storage.data.ensure_container()
        folder = Properties(metadata={"hdi_isfolder": "true"})
        prompts = "templates/prompts/rev-1"
        for key in ("memory", "memory/t1", "templates", prompts, f"{prompts}/sub"):
            storage.data.backend.put(key, b"", PutOptions(properties=folder))
        files = {"memory/t1/context.md": b"hello", f"{prompts}/a.jinja": b"A"}
        for key, data in {**files, f"{prompts}/sub/b.jinja": b"B"}.items():
            storage.data.backend.put(key, data)
    settings = azure_settings(azurite, container_name)
    profiles = {"cloud": {"storage": settings}, "here": {"storage": {"base_path": "./here"}}}
    cli.write("profiles.yml", json.dumps({"profiles": profiles}))
    where = ("--from", "cloud:data", "--to", "here:data", "--layout", "ingenious")
    cli("migrate", "run", *where)
    cli("migrate", "verify", *where)
    with Storage.from_config("here") as here:
        assert here.prompts.get_set("rev-1") == {"a.jinja": "A", "sub/b.jinja": "B"}
        assert here.memory.load_memory("t1") == {"context": "hello"}
