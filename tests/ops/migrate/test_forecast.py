"""Forecasts: what a plan does not mention works in the run that follows, for every target."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from ingenious_ops.migrate.ends.base import Item, Target
from ingenious_ops.migrate.ends.container import ContainerEnd
from ingenious_ops.migrate.ends.disk import Disk
from ingenious_ops.migrate.ends.folder import FolderEnd
from ingenious_ops.migrate.limits import Limits
from ingenious_ops.migrate.plan import Plan, make_plan
from ingenious_storage import Storage
from ingenious_storage.backends.base import Properties, StoreLimits
from ingenious_storage.backends.inmemory import InMemoryBackend
from tests.ops.cli.harness import Cli
from tests.ops.migrate.harness import Migration, counts, data_of, memory_storage, write_tree

GIB = 1024**3
AWKWARD = {
    "a": b"file, and folder of a/b",
    "a/b": b"1",
    "deep/er": b"file, and folder",
    "deep/er/est": b"1",
    ".ingenious/x": b"where journals are",
    "t/.ingenious-tmp-1": b"unfinished",
    "n" * 256: b"too long for a file system",
    "漢" * 90: b"270 bytes",
    "fine": b"1",
    "lead/in": b"below a link",
    "pipe": b"where a pipe is",
    "taken/below": b"below a file",
}


@contextmanager
def source_of(files: dict[str, bytes]) -> Iterator[ContainerEnd]:
    with memory_storage() as storage:
        for key, data in files.items():
            storage.data.save_bytes(key, data)
        yield data_of(storage)


def planned(migration: Migration) -> Plan:
    return make_plan(migration.ends, {}, workers=2, limits=Limits())


def check(migration: Migration) -> set[str]:
    """What the plan, the dry run and the run all refuse: nothing else fails."""
    plan, dry, real = planned(migration), migration(dry_run=True), migration()
    told = set(plan.refused)
    for report in (dry, real):
        assert {outcome.item.key for outcome in (*report.failures, *report.conflicts)} == told
        assert counts(report).get("copied", 0) == plan.objects - len(told)
    assert {entry["key"] for entry in plan.record()["refused"]} == told
    assert all(entry["hint"] and entry["code"] for entry in plan.record()["refused"])
    return told


def test_a_folder(tmp_path: Path) -> None:
    out = tmp_path / "out"
    out.mkdir()
    (out / "taken").write_bytes(b"1")
    (tmp_path / "elsewhere").mkdir()
    (out / "lead").symlink_to(tmp_path / "elsewhere")
    os.mkfifo(out / "pipe")
    with source_of(AWKWARD) as source:
        refused = check(Migration(source, FolderEnd(out), tmp_path / "j"))
    assert refused == AWKWARD.keys() - {"a/b", "deep/er/est", "fine"}
    assert not [*(tmp_path / "elsewhere").iterdir()]


def test_a_folder_that_has_a_folder_where_a_file_goes(tmp_path: Path) -> None:
    write_tree(tmp_path / "out", {"x/y": b"theirs"})
    with source_of({"x": b"1"}) as source:
        assert check(Migration(source, FolderEnd(tmp_path / "out"), tmp_path / "j")) == {"x"}


def test_the_local_backend(tmp_path: Path) -> None:
    with source_of(AWKWARD) as source, memory_storage(type="local", base_path=tmp_path) as local:
        local.data.save_bytes("taken", b"1")
        refused = check(Migration(source, data_of(local), tmp_path / "j"))
    assert refused == {"a", "deep/er", "taken/below"}


def test_a_container(tmp_path: Path) -> None:
    with source_of(AWKWARD) as source, memory_storage() as target:
        assert check(Migration(source, data_of(target), tmp_path / "j")) == set()


def test_what_is_beyond_the_limits_of_the_store(monkeypatch: pytest.MonkeyPatch) -> None:
    """Refused before anything is written, by the bare store that every layer stands on."""
    limits = StoreLimits(key_bytes=4, blob_bytes=9, metadata_bytes=3)
    monkeypatch.setattr(InMemoryBackend, "limits", limits)
    with memory_storage() as target:
        items = [
            Item("most", 9, "1", properties=Properties(metadata={"a": "12"})),
            Item("more", 10, "1"),
            Item("\u00fcmost", 1, "1"),
            Item("meta", 1, "1", properties=Properties(metadata={"a": "123"})),
        ]
        refused = data_of(target).refused(items, {}).by_key
    assert {key: error.code for key, error in refused.items()} == {
        "more": "object_too_large",
        "\u00fcmost": "invalid_key",
        "meta": "invalid_data",
    }


def test_a_container_that_nobody_may_make(tmp_path: Path) -> None:
    with source_of({"a": b"1"}) as source, memory_storage(auto_create_containers=False) as target:
        migration = Migration(source, data_of(target), tmp_path / "j")
        obstacle = planned(migration).obstacle
        assert obstacle is not None
        assert obstacle.code == "container_not_found"
        assert migration(dry_run=True).obstacle is not None
        given_up = migration().given_up
        assert given_up is not None
        assert given_up.code == "container_not_found"


@pytest.fixture
def sparse(tmp_path: Path) -> Path:
    root = tmp_path / "in"
    root.mkdir()
    with (root / "huge").open("wb") as stream:
        stream.truncate(200 * GIB)
    return root


@pytest.mark.parametrize("kind", ["folder", "local"])
def test_a_disk_that_is_too_small(sparse: Path, tmp_path: Path, kind: str) -> None:
    asked: list[Path] = []

    def free(path: Path) -> int:
        asked.append(path)
        return 70 * GIB

    storage = memory_storage(type="local", base_path=tmp_path / "base")
    with storage as local:
        target: Target = (
            FolderEnd(tmp_path / "not" / "yet", disk=Disk(free=free))
            if kind == "folder"
            else ContainerEnd(local, "data", disk=Disk(free=free))
        )
        plan = planned(Migration(FolderEnd(sparse), target, tmp_path / "j"))
    assert plan.obstacle is not None
    assert plan.obstacle.code == "disk_full"
    assert str(200 * GIB) in plan.obstacle.message
    assert str(70 * GIB) in plan.obstacle.message
    assert asked == [tmp_path]  # the nearest folder that is there
    assert plan.estimate.seconds > 5  # no machine hashes 200 GiB faster
    enough = FolderEnd(tmp_path / "not" / "yet", disk=Disk(free=lambda _path: 200 * GIB))
    assert planned(Migration(FolderEnd(sparse), enough, tmp_path / "j")).obstacle is None


def test_what_is_there_already_needs_no_room(sparse: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    out.mkdir()
    with (out / "huge").open("wb") as stream:
        stream.truncate(200 * GIB)
    target = FolderEnd(out, disk=Disk(free=lambda _path: 1))
    assert planned(Migration(FolderEnd(sparse), target, tmp_path / "j")).obstacle is None


def test_no_right_to_write(tmp_path: Path) -> None:
    root = write_tree(tmp_path / "in", {"locked/a": b"1", "b": b"2"})
    (tmp_path / "out" / "locked").mkdir(parents=True)
    locked = Disk(writable=lambda path: path.name != "locked")
    plan = planned(Migration(FolderEnd(root), FolderEnd(tmp_path / "out", disk=locked), tmp_path))
    assert list(plan.refused) == ["locked/a"]
    assert plan.refused["locked/a"].code == "permission_denied"
    nothing = Disk(writable=lambda _path: False)
    plan = planned(Migration(FolderEnd(root), FolderEnd(tmp_path / "new", disk=nothing), tmp_path))
    assert plan.obstacle is not None
    assert plan.obstacle.code == "permission_denied"


def test_a_file_in_place_of_the_folder_above(tmp_path: Path) -> None:
    root = write_tree(tmp_path / "in", {"a": b"1"})
    (tmp_path / "file").write_bytes(b"")
    plan = planned(Migration(FolderEnd(root), FolderEnd(tmp_path / "file" / "x"), tmp_path / "j"))
    assert plan.obstacle is not None
    assert "is a file" in plan.obstacle.message


def test_a_layout(tmp_path: Path, cli: Cli) -> None:
    """What a target deleted, and what is no text."""
    for name, data in {"t1": b"1", "gone": b"2", "bad": b"\xff"}.items():
        write_tree(Path.cwd() / "src", {f"memory/{name}/context.md": data})
    where = ("--from", "./src", "--to", "data", "--layout", "ingenious")
    with Storage.from_config() as storage:
        storage.memory.save_memory("gone", {"context": "2"})
        storage.memory.delete_memory("gone")
    told = cli.json("migrate", "plan", *where)["data"]
    assert [entry["key"] for entry in told["refused"]] == ["conversations/gone/memory.json"]
    # There are no prompts in the source at all, and that is told too.
    assert [entry["name"] for entry in told["skipped"]] == ["prompts", "memory/bad/context.md"]
    results = [
        cli.json("migrate", "run", *where, *dry, code=1)["data"] for dry in (["--dry-run"], [])
    ]
    for result in results:
        failed = [*result["failures"], *result["conflicts"]]
        assert sorted(entry["key"] for entry in failed) == [
            "conversations/bad/memory.json",
            "conversations/gone/memory.json",
        ]
        assert result["counts"]["copied"] == 1
