"""Every file that a person asked for is whole or as it was, also on a full disk."""

from __future__ import annotations

import errno
import io
import json
import os
import stat
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from types import FrameType

import pytest

from ingenious_storage import Storage, whole_files
from ingenious_storage.backends.local.backend import LocalBackend
from ingenious_storage.whole_files import StagedFile, write_file, write_files
from tests.ops.cli.harness import Cli

OLD = "the old one, which stays\n"


def only(folder: Path) -> set[str]:
    """All that is below, so that nothing unfinished stays behind."""
    return {path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file()}


def test_a_file_is_made_with_its_folder(tmp_path: Path) -> None:
    write_file(tmp_path / "a" / "b", "text\r\nü")
    assert (tmp_path / "a" / "b").read_bytes() == "text\r\nü".encode()
    write_file(tmp_path / "a" / "b", b"new")
    assert (tmp_path / "a" / "b").read_bytes() == b"new"
    assert only(tmp_path) == {"a/b"}


def test_rights(tmp_path: Path) -> None:
    path = tmp_path / "secret"
    write_file(path, b"1", mode=0o600)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    path.chmod(0o640)
    write_file(path, b"2")
    assert stat.S_IMODE(path.stat().st_mode) == 0o640


def test_a_link_is_replaced_and_not_followed(tmp_path: Path) -> None:
    elsewhere = tmp_path / "elsewhere"
    elsewhere.write_text(OLD)
    (tmp_path / "link").symlink_to(elsewhere)
    write_file(tmp_path / "link", b"new")
    assert elsewhere.read_text() == OLD
    assert not (tmp_path / "link").is_symlink()
    assert (tmp_path / "link").read_bytes() == b"new"


def test_no_folder_below_the_root_is_a_link(tmp_path: Path) -> None:
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / "root").mkdir()
    (tmp_path / "root" / "sub").symlink_to(tmp_path / "elsewhere")
    with pytest.raises(OSError, match=r"root/sub/x'$") as caught:
        write_files(tmp_path / "root", {"a": b"1", "sub/x": b"2"})
    assert caught.value.errno == errno.ELOOP
    assert only(tmp_path) == set()
    (tmp_path / "named").symlink_to(tmp_path / "elsewhere")  # the user's own choice
    write_files(tmp_path / "named", {"sub/x": b"2"})
    assert only(tmp_path / "elsewhere") == {"sub/x"}


def test_a_folder_in_place_of_the_file(tmp_path: Path) -> None:
    (tmp_path / "x").mkdir()
    with pytest.raises(IsADirectoryError, match="x'"):
        write_file(tmp_path / "x", b"1")


def test_a_device_is_written_to_and_never_replaced(tmp_path: Path) -> None:
    with pytest.raises(OSError, match="/dev/full") as caught:
        write_file(Path("/dev/full"), b"x")
    assert caught.value.errno == errno.ENOSPC
    assert stat.S_ISCHR(Path("/dev/full").stat().st_mode)
    reader, writer = os.pipe()
    write_file(Path(f"/dev/fd/{writer}"), b"through")
    assert os.read(reader, 100) == b"through"
    os.close(reader)
    os.close(writer)


@pytest.mark.parametrize("call", ["write", "fsync", "open"])
def test_nothing_changes_when_the_second_file_fails(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, call: str
) -> None:
    (tmp_path / "a").write_text(OLD)
    (tmp_path / "b").write_text(OLD)
    real, calls = getattr(os, call), 0

    def fail(*args: object, **options: object) -> object:
        nonlocal calls
        calls += 1
        if calls == 2:
            raise OSError(errno.EIO, "broken")
        return real(*args, **options)

    monkeypatch.setattr(os, call, fail)
    with pytest.raises(OSError, match=r"broken: '.*/b'"):
        write_files(tmp_path, {"a": b"new", "b": b"new"})
    monkeypatch.undo()
    assert [(tmp_path / name).read_text() for name in "ab"] == [OLD, OLD]
    assert only(tmp_path) == {"a", "b"}


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """1 MB, nearly full."""
    place = tmp_path / "disk"
    place.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", "size=1m", "none", str(place)]
    if os.geteuid() != 0 or subprocess.run(mount, check=False, capture_output=True).returncode:
        pytest.skip("no right to mount a file system")
    try:
        yield place
    finally:
        subprocess.run(["umount", str(place)], check=True)


def fill(disk: Path) -> None:
    with (disk / "filler").open("wb", buffering=0) as stream:
        while True:
            try:
                stream.write(bytes(4096))
            except OSError:
                return


@pytest.fixture
def stored(cli: Cli) -> Cli:
    with Storage.from_config() as storage:
        storage.memory.save_memory("one", {"text": "x" * 20_000})
        storage.prompts.create_set("set", {"a.md": "y" * 20_000, "sub/b.md": "z"})
    cli.write("src/file", "1")
    cli("migrate", "run", "--from", "./src", "--to", "data", "--journal", "journal")
    return cli


WHERE = ("--from", "./src", "--to", "data")


@pytest.mark.parametrize(
    ("command", "old"),
    [
        (("memory", "export", "{disk}", "--force"), "one.json"),
        (("prompts", "export", "{disk}", "--force"), "set/a.md"),
        (("init", "{disk}", "--force"), "config.yml"),
        (("migrate", "plan", *WHERE, "--output", "{disk}/plan.json"), "plan.json"),
        (("migrate", "verify", *WHERE, "--report", "{disk}/r.json", "--allow-extra"), "r.json"),
        (("migrate", "run", *WHERE, "--journal", "{disk}/new.jsonl"), "old"),
        (("demo", "workspace", "{disk}/w", "--force"), "w/memory/context.md"),
    ],
    ids=lambda value: value[0] if isinstance(value, tuple) else None,
)
def test_a_full_disk_keeps_the_old_file(
    stored: Cli, small_disk: Path, command: tuple[str, ...], old: str
) -> None:
    target = small_disk / old
    target.parent.mkdir(parents=True, exist_ok=True)
    target.write_text(OLD)
    fill(small_disk)
    before = only(small_disk)
    told = stored.json(*(part.format(disk=small_disk) for part in command), code=1)
    assert target.read_text() == OLD
    # A lock has no content.
    new = only(small_disk) - before
    assert [name for name in new if (small_disk / name).stat().st_size] == []
    text = json.dumps(told)
    assert str(small_disk) in text
    assert "No space left" in text


def test_an_export_with_force_follows_no_link(stored: Cli, tmp_path: Path) -> None:
    mine = tmp_path / "mine"
    mine.write_text(OLD)
    out = stored.folder / "out"
    (out / "set").mkdir(parents=True)
    for name in ("one.json", "set/a.md"):
        (out / name).symlink_to(mine)
    stored("memory", "export", "out", "--force")
    stored("prompts", "export", "out", "--force")
    assert mine.read_text() == OLD
    assert (out / "set" / "a.md").read_text() == "y" * 20_000
    assert json.loads((out / "one.json").read_text())["memory"] == {"text": "x" * 20_000}


def test_every_file_goes_through_the_one_writer() -> None:
    """A file that is opened for writing elsewhere has its reason here."""
    root = Path(__file__).parents[2]
    elsewhere = {
        "ingenious_storage/whole_files.py": "the writer itself",
    }
    found = {
        path.relative_to(root).as_posix()
        for folder in ("ingenious_storage", "ops/ingenious_ops")
        for path in (root / folder).rglob("*.py")
        if any(word in path.read_text() for word in (".write_text(", ".write_bytes("))
    }
    assert found == elsewhere.keys()


class _Interrupt:
    """A trace that raises KeyboardInterrupt at one line of the writer, counted from 1."""

    def __init__(self, number: int) -> None:
        self.left = number

    def __call__(self, frame: FrameType, event: str, _value: object) -> _Interrupt | None:
        if frame.f_code.co_filename != whole_files.__file__:
            return None
        if event == "line":
            self.left -= 1
            if self.left == 0:
                raise KeyboardInterrupt
        return self


def test_an_interrupt_at_any_line_leaves_a_whole_file_and_no_other(tmp_path: Path) -> None:
    path, number, before = tmp_path / "file", 0, sys.gettrace()
    while True:
        path.write_text(OLD)
        number += 1
        trace = _Interrupt(number)
        try:
            sys.settrace(trace)
            write_file(path, "new")
        except KeyboardInterrupt:
            assert path.read_text() in (OLD, "new")
        finally:
            sys.settrace(before)
        assert only(tmp_path) == {"file"}, number
        if trace.left > 0:
            break
    assert number > 50
    assert path.read_text() == "new"


def test_a_thread_that_comes_late_makes_no_file_again(tmp_path: Path) -> None:
    """Who was cut off may still write when its file is gone."""
    for begun in (False, True):
        with StagedFile(tmp_path / "a") as file:
            if begun:
                file.write(b"1")
        with pytest.raises(OSError, match="Bad file descriptor"):
            file.write(b"2")
        assert not [*tmp_path.iterdir()]


@pytest.mark.skipif(not hasattr(os, "posix_fadvise"), reason="the system takes no such advice")
def test_the_disk_gets_a_large_file_while_it_grows(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """By a store on disk and by a copy into a folder alike."""
    window, piece, advised = 64 * 1024, 10 * 1024, list[tuple[int, int, int]]()
    monkeypatch.setattr(whole_files, "_WRITE_OUT", window)

    def advise(fd: int, start: int, size: int, advice: int) -> None:
        advised.append((start, start + size, advice))
        if len(advised) == 2:
            raise OSError(errno.EINVAL, "a file system that takes none")

    monkeypatch.setattr(os, "posix_fadvise", advise)
    data = os.urandom(40 * piece)

    def staged() -> Path:
        with StagedFile(tmp_path / "copied") as file:
            for start in range(0, len(data), piece):
                file.write(data[start : start + piece])
            file.complete()
            file.replace()
        return file.target

    def stored() -> Path:
        monkeypatch.setattr("ingenious_storage.backends.local.backend.READ_CHUNK", piece)
        (tmp_path / "store").mkdir()
        LocalBackend(tmp_path / "store").upload("a", io.BytesIO(data))
        return tmp_path / "store" / "a"

    for write in (staged, stored):
        advised.clear()
        assert write().read_bytes() == data
        assert {advice for _, _, advice in advised} == {os.POSIX_FADV_DONTNEED}
        ends = [end for _, end, _ in advised]
        # At the first piece behind each window, from where the window began.
        assert [start for start, _, _ in advised] == [n * window for n in range(6)]
        assert all(end - start in range(window, window + piece) for start, end, _ in advised)
        assert len(data) - ends[-1] < window
    advised.clear()
    write_file(tmp_path / "small", data[: window - 1])
    assert not advised
