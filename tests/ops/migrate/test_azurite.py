"""Whole migrations on Azurite: there and back, from container to container, requests counted."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from ingenious_ops.migrate.ends.base import Item, Source, Target
from ingenious_ops.migrate.ends.container import ContainerEnd
from ingenious_ops.migrate.ends.folder import FolderEnd
from ingenious_ops.migrate.ends.hashing import SMALL
from ingenious_ops.migrate.verification import verify
from ingenious_storage import Storage
from ingenious_storage.backends.base import PUT_DEFAULTS, Backend, PutOptions
from ingenious_storage.config import Settings, StorageSettings
from ingenious_storage.wiring import build_backend
from tests.ops.migrate.harness import (
    Migration,
    Wrap,
    azure_settings,
    bare,
    counts,
    data_of,
    many,
    memory_storage,
    no_wrap,
    read_blobs,
    read_tree,
    write_tree,
)
from tests.support.counting import CountingBackend
from tests.support.servers.azurite import Azurite


@contextmanager
def azure(server: Azurite, name: str, wrap: Wrap = no_wrap) -> Iterator[Storage]:
    settings = Settings(storage=StorageSettings(**azure_settings(server, name)))
    with Storage(settings, backend=lambda s, n: wrap(build_backend(s, n))) as storage:
        yield storage


@pytest.fixture
def storage(azurite: Azurite, container_name: str) -> Iterator[Storage]:
    with azure(azurite, container_name) as storage:
        yield storage


ALLOWED = [
    chr(code)
    for code in (*range(0x20, 0x7F), *range(0xA0, 0x250), 0x20AC, 0x4E2D, 0xFFFD, 0x1F600, 0x10FFFF)
    if chr(code) not in "/\\"
]


def every_character() -> dict[str, bytes]:
    """Names that hold each character that the rules allow, in files and in folders."""
    groups = ["".join(ALLOWED[start : start + 20]) for start in range(0, len(ALLOWED), 20)]
    names = [name for group in groups for name in (f"_{group}_", f"x/_{group}_/z")]
    names += [f"{char}x" for char in ALLOWED if char.isascii() and not char.isalnum()]
    names += ["%41", "%", "%2F", "a%00", "name ä%20b", "e\u0301", "\u00e9", "-", "_", "a.b.c", "~"]
    return {name: name.encode() for name in names}


def test_names_with_every_allowed_character_arrive_intact(
    azurite: Azurite, container_name: str, storage: Storage, tmp_path: Path
) -> None:
    files = every_character()
    source = FolderEnd(write_tree(tmp_path / "source", files))
    there = ContainerEnd(storage, "data")
    again = ContainerEnd(storage, "revisions")
    back = FolderEnd(tmp_path / "back")
    steps: list[tuple[Source, Target]] = [(source, there), (there, again), (again, back)]
    for number, (one, two) in enumerate(steps):
        report = Migration(one, two, tmp_path / f"{number}.jsonl", workers=16)()
        assert counts(report) == {"copied": len(files)}
        assert not report.skipped
        assert verify(Migration(one, two, tmp_path).ends).passed
    assert read_blobs(azurite, container_name) == files
    assert read_tree(tmp_path / "back") == files


def test_names_that_no_key_may_have_arrive_escaped(
    azurite: Azurite, container_name: str, storage: Storage, tmp_path: Path
) -> None:
    files = {"a\\b": b"1", "line\nfeed": b"2", "end.": b"3", "dir /x": b"4", "C:": b"5"}
    migration = Migration(
        FolderEnd(write_tree(tmp_path / "source", files)), data_of(storage), tmp_path / "j"
    )
    assert counts(migration()) == {"copied": 5}
    assert read_blobs(azurite, container_name) == {
        "a%5Cb": b"1",
        "line%0Afeed": b"2",
        "end%2E": b"3",
        "dir%20/x": b"4",
        "C%3A": b"5",
    }
    assert counts(migration()) == {"unchanged": 5}
    assert verify(migration.ends).passed


def test_blobs_of_other_programs_are_read_by_their_names(
    azurite: Azurite, container_name: str, storage: Storage, tmp_path: Path
) -> None:
    storage.data.ensure_container()
    with bare(azurite, container_name) as client:
        for name in ("a//b", "end.", "plain"):
            client.upload_blob(name, name.encode())
    target = FolderEnd(tmp_path / "out")
    assert counts(Migration(data_of(storage), target, tmp_path / "j")()) == {"copied": 3}
    assert read_tree(tmp_path / "out") == {"a%2F/b": b"a//b", "end%2E": b"end.", "plain": b"plain"}


def test_delta_runs(azurite: Azurite, container_name: str, tmp_path: Path) -> None:
    made: list[CountingBackend] = []

    def wrap(backend: Backend) -> Backend:
        made.append(CountingBackend(backend))
        return made[-1]

    files = many(120)
    root = write_tree(tmp_path / "source", files)
    with azure(azurite, container_name, wrap) as storage:
        migration = Migration(FolderEnd(root), data_of(storage), tmp_path / "j")
        assert counts(migration()) == {"copied": 120}
        counting = made[0]
        # One request an object; Azurite is asked for the container once, and makes it.
        assert counting.operations == Counter(put=120, container_exists=1, ensure_container=1)
        assert read_blobs(azurite, container_name) == files

        changed = {"0/file 0000.txt": b"changed", "new": b"new", "1/file 0001.txt": b"more"}
        write_tree(root, changed)
        (root / "2" / "file 0002.txt").unlink()
        counting.reset()
        assert counts(migration()) == {"copied": 1, "updated": 2, "unchanged": 117}
        assert counting.operations == Counter(put=3, container_exists=1, ensure_container=1, list=1)
        assert read_blobs(azurite, container_name) == {**files, **changed}
        found = verify(migration.ends)
        assert [(each.kind, each.key) for each in found.differences] == [
            ("extra", "2/file 0002.txt")
        ]
        assert not found.passed
        assert verify(migration.ends, allow_extra=True).passed


def test_another_writer_meanwhile_is_never_overwritten(
    azurite: Azurite, container_name: str, tmp_path: Path
) -> None:
    """Somebody creates, and changes, objects right before our requests arrive."""
    files = many(40)
    root = write_tree(tmp_path / "source", files)
    with bare(azurite, container_name) as client:

        class Theirs(CountingBackend):
            def put(self, key: str, data: bytes, options: PutOptions = PUT_DEFAULTS) -> object:  # type: ignore[override]
                if int(key[-8:-4]) % 10 == 0:
                    client.upload_blob(key, b"theirs", overwrite=True)
                return super().put(key, data, options)

        with azure(azurite, container_name, Theirs) as storage:
            migration = Migration(FolderEnd(root), data_of(storage), tmp_path / "j")
            report = migration()
            assert counts(report) == {"copied": 36, "conflict": 4}
            write_tree(root, dict.fromkeys(files, b"second"))
            client.upload_blob("1/file 0001.txt", b"theirs", overwrite=True)
            assert counts(migration()) == {"updated": 35, "conflict": 5}
    theirs = {key for key, data in read_blobs(azurite, container_name).items() if data == b"theirs"}
    expected = {key for key in files if int(key[-8:-4]) % 10 == 0} | {"1/file 0001.txt"}
    assert theirs == expected


def test_large_objects_stream_both_ways(
    azurite: Azurite, container_name: str, storage: Storage, tmp_path: Path
) -> None:
    data = bytes(range(256)) * (3 * SMALL // 256) + b"the end"
    root = write_tree(tmp_path / "source", {"big": data, "small": b"1"})
    there, back = data_of(storage), FolderEnd(tmp_path / "back")
    assert counts(Migration(FolderEnd(root), there, tmp_path / "1")()) == {"copied": 2}
    assert read_blobs(azurite, container_name) == {"big": data, "small": b"1"}
    assert counts(Migration(there, back, tmp_path / "2")()) == {"copied": 2}
    assert read_tree(tmp_path / "back") == {"big": data, "small": b"1"}
    with there.open(there.listing().items[0]) as stream:
        stream.seek(-7, 2)
        assert stream.read() == b"the end"


def test_a_large_blob_that_is_replaced_while_it_is_read_is_copied_again(
    azurite: Azurite, storage: Storage, tmp_path: Path
) -> None:
    there = data_of(storage)
    storage.data.save_bytes("k", b"1" * (SMALL + 1))

    class Once(ContainerEnd):
        done = False

        def open(self, item: Item) -> object:  # type: ignore[override]
            stream = super().open(item)
            if not self.done:
                self.done = True
                stream.read(5)
                storage.data.save_bytes("k", b"2" * (SMALL + 1))
            return stream

    source = Once(storage, "data")
    assert source.describe() == there.describe()
    target = FolderEnd(tmp_path / "out")
    assert counts(Migration(source, target, tmp_path / "j")()) == {"copied": 1}
    assert read_tree(tmp_path / "out") == {"k": b"2" * (SMALL + 1)}


def test_a_container_that_nobody_may_make_is_told_at_once(
    azurite: Azurite, container_name: str, tmp_path: Path
) -> None:
    root = write_tree(tmp_path / "source", many(100))
    settings = azure_settings(azurite, container_name)
    settings["auto_create_containers"] = False
    with Storage(Settings(storage=StorageSettings(**settings))) as storage:
        report = Migration(FolderEnd(root), data_of(storage), tmp_path / "j")()
    assert report.given_up is not None
    assert report.given_up.code == "container_not_found"
    assert report.not_begun > 0


def test_where_a_container_is_says_its_account(azurite: Azurite, storage: Storage) -> None:
    name = storage.settings.storage.container_data
    assert data_of(storage).describe() == f"{azurite.account_url}/{name}"
    assert data_of(storage).folder is None
    with memory_storage(container_data="ccc") as other:
        assert data_of(other).describe() == "inmemory:ccc"
