"""A folder of plain files as an end: what it lists, reads and writes, and what it refuses."""

from __future__ import annotations

import errno
import io
import os
import socket
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import BinaryIO, cast

import pytest

from ingenious_ops.migrate.ends.base import Item
from ingenious_ops.migrate.ends.folder import FolderEnd
from ingenious_ops.migrate.ends.folder import files as folder_files
from ingenious_ops.migrate.errors import ChangedError, DiskFullError, LocationError
from ingenious_storage.errors import (
    NotFoundError,
)
from ingenious_storage.whole_files import TEMPORARY, StagedFile
from tests.ops.migrate.harness import contents, write_tree

LARGE = folder_files.CHUNK * 3 + 5


def skipped(end: FolderEnd) -> dict[str, tuple[str, bool]]:
    return {entry.name: (entry.reason, entry.is_fault) for entry in end.listing().skipped}


def item_of(end: FolderEnd, key: str) -> Item:
    return next(item for item in end.listing().items if item.key == key)


def test_a_listing_is_in_the_order_of_keys_and_complete(tmp_path: Path) -> None:
    files = {"b.txt": b"1", "a/z.txt": b"22", "a.txt": b"", "a/b/c": b"333", "a\\x": b"4"}
    end = FolderEnd(write_tree(tmp_path, files))
    items = end.listing().items
    assert [item.key for item in items] == ["a%5Cx", "a.txt", "a/b/c", "a/z.txt", "b.txt"]
    assert [item.name for item in items] == ["a\\x", "", "", "", ""]
    assert [item.size for item in items] == [1, 0, 3, 2, 1]
    assert contents(end) == {name.replace("\\", "%5C"): data for name, data in files.items()}
    assert not end.listing().skipped


def test_names_that_are_no_text_are_read_by_their_bytes(tmp_path: Path) -> None:
    raw = os.fsencode(tmp_path) + b"/caf\xe9.txt"
    try:
        with open(raw, "wb") as stream:  # noqa: PTH123  # a Path cannot say it
            stream.write(b"latin")
    except OSError:
        pytest.skip("this file system takes UTF-8 names only")
    assert contents(FolderEnd(tmp_path)) == {"caf%E9.txt": b"latin"}


def test_links_pipes_and_our_own_files_are_left_out_and_said(tmp_path: Path) -> None:
    write_tree(tmp_path, {"a/file": b"1", ".ingenious/migrate-1.jsonl": b"ours"})
    write_tree(tmp_path, {"a/.ingenious/theirs": b"2", f"{TEMPORARY}1": b"torn"})
    (tmp_path / "link").symlink_to("a/file")
    (tmp_path / "loop").symlink_to(".")
    os.mkfifo(tmp_path / "pipe")
    end = FolderEnd(tmp_path)
    assert contents(end) == {"a/file": b"1", "a/.ingenious/theirs": b"2"}
    assert skipped(end) == {
        ".ingenious": ("journals and reports of this program", False),
        f"{TEMPORARY}1": ("unfinished write of a run that was killed", False),
        "link": ("symbolic link, not followed", False),
        "loop": ("symbolic link, not followed", False),
        "pipe": ("not a file: a device, a pipe or a socket", True),
    }


def test_links_are_followed_on_demand_and_loops_end(tmp_path: Path) -> None:
    write_tree(tmp_path, {"src/a/file": b"1", "elsewhere/other": b"2"})
    source = tmp_path / "src"
    (source / "to-file").symlink_to("a/file")
    (source / "to-folder").symlink_to("../elsewhere")
    (source / "a" / "up").symlink_to("..")
    (source / "self").symlink_to("self")
    (source / "broken").symlink_to("nowhere")
    end = FolderEnd(source, follow_links=True)
    assert contents(end) == {"a/file": b"1", "to-file": b"1", "to-folder/other": b"2"}
    reasons = skipped(end)
    assert reasons["a/up"] == ("a link to a folder that it lies in", False)
    assert reasons["broken"] == ("cannot be read: No such file or directory", True)
    assert reasons["self"][1] is True
    assert len(reasons) == 3


def test_a_socket_is_no_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)  # its path may have 108 bytes only
    with socket.socket(socket.AF_UNIX) as server:
        server.bind("s")
        assert skipped(FolderEnd(tmp_path))["s"][1] is True


def test_a_name_too_long_for_a_key_is_a_fault(tmp_path: Path) -> None:
    deep = tmp_path.joinpath(*["d" * 200] * 6)
    deep.mkdir(parents=True)
    (deep / "file").write_bytes(b"1")
    end = FolderEnd(tmp_path)
    assert not end.listing().items
    ((name, (reason, is_fault)),) = skipped(end).items()
    assert name.endswith("/file")
    assert "at most 1024" in reason
    assert is_fault


def test_a_file_is_no_folder_and_nothing_is_no_folder(tmp_path: Path) -> None:
    path = tmp_path / "file"
    path.write_bytes(b"")
    with pytest.raises(LocationError, match="is a file"):
        FolderEnd(path).exists()
    assert not FolderEnd(tmp_path / "missing").exists()
    assert not FolderEnd(tmp_path / "missing").listing().items
    assert not (tmp_path / "missing").exists()


def set_back(path: Path) -> None:
    path.write_bytes(b"x" * LARGE)
    os.utime(path, ns=(0, 10**18))


Change = Callable[[Path], object]
CHANGES: dict[str, Change] = {
    "longer": lambda path: path.write_bytes(b"x" * (LARGE + 1)),
    "shorter": lambda path: path.write_bytes(b"x"),
    "same size": lambda path: path.write_bytes(b"x" * LARGE),
    "same size, time set back": set_back,
    "another file": lambda path: (
        path.with_name("new").write_bytes(b"x" * LARGE),
        path.with_name("new").replace(path),
    ),
}


@pytest.mark.parametrize("change", CHANGES)
@pytest.mark.parametrize("how", ["read", "stream"])
def test_what_is_read_is_what_was_listed(tmp_path: Path, change: str, how: str) -> None:
    path = tmp_path / "file"
    path.write_bytes(b"y" * LARGE)
    os.utime(path, ns=(0, 10**18))
    end = FolderEnd(tmp_path)
    item = item_of(end, "file")
    CHANGES[change](path)
    with pytest.raises(ChangedError):
        end.read(item) if how == "read" else end.open(item)


@pytest.mark.parametrize("change", sorted(set(CHANGES) - {"another file"}))
def test_a_change_while_a_stream_is_read_is_seen_at_its_end(tmp_path: Path, change: str) -> None:
    path = tmp_path / "file"
    path.write_bytes(b"y" * LARGE)
    end = FolderEnd(tmp_path)
    with end.open(item_of(end, "file")) as stream:
        assert stream.read(10) == b"y" * 10
        CHANGES[change](path)
        with pytest.raises(ChangedError):
            stream.read()


def test_a_write_within_a_tick_of_the_clock_is_waited_for(tmp_path: Path) -> None:
    path = tmp_path / "file"
    end = FolderEnd(tmp_path)
    for number in range(5):
        path.write_bytes(b"%d" % number)
        written = path.stat().st_mtime_ns
        end.read(item_of(end, "file"))
        assert time.time_ns() - written >= 20_000_000


def test_a_stream_is_the_file_and_can_be_rewound(tmp_path: Path) -> None:
    data = os.urandom(LARGE)
    (tmp_path / "file").write_bytes(data)
    end = FolderEnd(tmp_path)
    with end.open(item_of(end, "file")) as stream:
        assert stream.read() == data
        assert stream.seek(0) == 0
        assert stream.read(LARGE * 2) == data


def test_what_comes_next_is_read_while_a_piece_is_written(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    reads_on = threading.Event()
    real = StagedFile.write

    def write(file: StagedFile, data: bytes) -> None:
        assert reads_on.wait(20)
        real(file, data)

    class Pieces(io.RawIOBase):
        def read(self, _size: int = -1) -> bytes:
            if (piece := next(pieces)) != b"one":
                reads_on.set()
            return piece

    pieces = iter([b"one", b"two", b"three", b""])
    monkeypatch.setattr(StagedFile, "write", write)
    end = FolderEnd(tmp_path)
    end.upload(Item("a", 11, "v"), cast("BinaryIO", Pieces()), replace=None)
    assert contents(end) == {"a": b"onetwothree"}


def test_a_disk_that_is_full_ends_an_upload_and_leaves_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def write(_file: StagedFile, _data: bytes) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(StagedFile, "write", write)
    with pytest.raises(DiskFullError):
        FolderEnd(tmp_path).upload(Item("a", 1, "v"), io.BytesIO(b"1"), replace=None)
    assert not [*tmp_path.iterdir()]


def test_what_is_gone_is_not_found(tmp_path: Path) -> None:
    end = FolderEnd(tmp_path)
    with pytest.raises(NotFoundError):
        end.read(Item("gone", 1, "v"))
    assert end.find("gone") is None
    assert end.find("gone/deeper") is None


_AS_NOBODY = """
import os, sys
from pathlib import Path
from ingenious_ops.migrate.ends.folder import FolderEnd
if os.getuid() == 0:
    os.setgroups([]); os.setgid(65534); os.setuid(65534)
for entry in FolderEnd(Path(sys.argv[1])).listing().skipped:
    print(entry.name, entry.is_fault)
"""


def test_what_may_not_be_read_is_a_fault() -> None:
    with tempfile.TemporaryDirectory() as folder:  # where another user may go, unlike tmp_path
        tree = write_tree(Path(folder), {"a": b"1", "secret": b"2", "closed/b": b"3"})
        tree.chmod(0o755)
        (tree / "secret").chmod(0)
        (tree / "closed").chmod(0)
        command = [sys.executable, "-c", _AS_NOBODY, folder]
        done = subprocess.run(command, capture_output=True, text=True, check=True, timeout=200)
        (tree / "closed").chmod(0o755)
    assert sorted(done.stdout.splitlines()) == ["closed True", "secret True"]
