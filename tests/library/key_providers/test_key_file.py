from __future__ import annotations

import errno
import json
import os
import stat
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Self

import pytest

from ingenious_storage import whole_files
from ingenious_storage.errors import AlreadyExistsError, KeyRefusedError
from ingenious_storage.key_providers import key_file
from ingenious_storage.key_providers.base import Wrapped
from ingenious_storage.key_providers.key_file import KeyFile
from tests.library.layers.encrypt.house import shown

KEY = bytes(range(32))
posix = pytest.mark.skipif(os.name != "posix", reason="there are no modes")


@pytest.fixture
def vault(tmp_path: Path) -> KeyFile:
    return KeyFile.create(tmp_path / "keys" / "storage.key")


def test_what_is_wrapped_is_unwrapped(vault: KeyFile) -> None:
    wrapped = vault.wrap(KEY)
    assert vault.unwrap(wrapped) == KEY
    assert (wrapped.algorithm, len(wrapped.data)) == ("A256KW", 40)
    version = json.loads(vault.path.read_bytes())["keys"][0]["id"]
    assert wrapped.key_id == f"file:storage.key/{version}"
    assert KEY not in wrapped.data


@posix
def test_the_file_is_its_owners_alone(vault: KeyFile) -> None:
    assert vault.path.stat().st_mode & 0o777 == 0o600
    vault.rotate()
    assert vault.path.stat().st_mode & 0o777 == 0o600


@posix
@pytest.mark.parametrize("mode", [0o604, 0o640, 0o620, 0o666])
def test_a_file_that_others_may_read_or_write_is_refused(vault: KeyFile, mode: int) -> None:
    wrapped = vault.wrap(KEY)
    vault.path.chmod(mode)
    for call in (lambda: vault.wrap(KEY), lambda: vault.unwrap(wrapped), vault.describe):
        with pytest.raises(KeyRefusedError, match="others may read") as caught:
            call()
        assert "chmod 600" in caught.value.hint


def test_no_file_is_overwritten(vault: KeyFile) -> None:
    before = vault.path.read_bytes()
    with pytest.raises(AlreadyExistsError, match="is there already"):
        KeyFile.create(vault.path)
    assert vault.path.read_bytes() == before
    assert [*vault.path.parent.iterdir()] == [vault.path]


def test_a_rotation_adds_a_version_and_keeps_the_older_ones(vault: KeyFile) -> None:
    wrapped, before = vault.wrap(KEY), vault.describe()
    after = vault.rotate()
    assert vault.wrap(KEY).key_id == after.key_id != before.key_id == wrapped.key_id
    assert vault.unwrap(wrapped) == vault.unwrap(vault.wrap(KEY)) == KEY
    assert (before.other_versions, after.other_versions) == (0, 1)
    assert (after.enabled, after.expires_at) == (True, None)
    assert after.created_at is not None
    assert after.created_at.tzinfo is not None


def test_the_file_may_be_renamed(vault: KeyFile) -> None:
    wrapped = vault.wrap(KEY)
    moved = KeyFile(vault.path.rename(vault.path.with_name("other")))
    assert moved.unwrap(wrapped) == KEY


def test_another_file_or_version_is_refused(vault: KeyFile, tmp_path: Path) -> None:
    wrapped = vault.wrap(KEY)
    other = KeyFile.create(tmp_path / "other")
    with pytest.raises(KeyRefusedError, match="has no version"):
        other.unwrap(wrapped)
    with pytest.raises(KeyRefusedError, match="has no version"):
        vault.unwrap(Wrapped(wrapped.data, wrapped.key_id, "RSA-OAEP-256"))
    for data in (b"", wrapped.data[:-8], bytes(40), bytes(39)):
        with pytest.raises(KeyRefusedError, match="did not wrap"):
            vault.unwrap(Wrapped(data, wrapped.key_id, wrapped.algorithm))


@pytest.mark.parametrize(
    ("content", "problem"),
    [
        (b"", "is no key file"),
        (b"[]", "is no key file"),
        (b'{"format":"ingenious.key-file/2","keys":[]}', "format that this release knows"),
        (b'{"format":"ingenious.key-file/1","keys":[]}', "holds no key"),
        (b'{"format":"ingenious.key-file/1","keys":[{"id":"a","key":"AA=="}]}', "is no key file"),
    ],
)
def test_a_damaged_file_is_refused(vault: KeyFile, content: bytes, problem: str) -> None:
    vault.path.write_bytes(content)
    with pytest.raises(KeyRefusedError, match=problem):
        vault.wrap(KEY)


def test_a_missing_file_is_refused_with_the_next_step(tmp_path: Path) -> None:
    vault = KeyFile(tmp_path / "none")
    with pytest.raises(KeyRefusedError, match="cannot be read") as caught:
        vault.describe()
    assert "keys init" in caught.value.hint
    assert not [*tmp_path.iterdir()]


def test_a_folder_is_no_key_file(tmp_path: Path) -> None:
    tmp_path.chmod(0o700)
    with pytest.raises(KeyRefusedError):
        KeyFile(tmp_path).describe()


def test_a_pipe_is_no_key_file(tmp_path: Path) -> None:
    """Whoever opens it waits for somebody who writes."""
    os.mkfifo(tmp_path / "key", 0o600)
    with pytest.raises(KeyRefusedError, match="is no file"):
        KeyFile(tmp_path / "key").describe()


def test_a_version_that_is_added_through_a_link_is_in_the_file(tmp_path: Path) -> None:
    """The file is what others use, and what is backed up."""
    (tmp_path / "kept").mkdir()
    file = KeyFile.create(tmp_path / "kept" / "key")
    link = KeyFile(tmp_path / "link")
    link.path.symlink_to("kept/key")
    wrapped = link.wrap(KEY)
    added = link.rotate()
    assert link.path.is_symlink()
    assert file.describe().key_id.rpartition("/")[2] == added.key_id.rpartition("/")[2]
    assert file.describe().other_versions == 1
    assert file.unwrap(link.wrap(KEY)) == file.unwrap(wrapped) == KEY
    assert stat.S_IMODE(file.path.stat().st_mode) == 0o600


def test_rotations_at_the_same_time_lose_no_version(vault: KeyFile) -> None:
    wrapped = vault.wrap(KEY)
    with ThreadPoolExecutor(8) as pool:
        made = {*pool.map(lambda _: KeyFile(vault.path).rotate().key_id, range(8))}
    kept = json.loads(vault.path.read_bytes())["keys"]
    assert len(kept) == 9
    assert {name.rpartition("/")[2] for name in made} < {each["id"] for each in kept}
    assert vault.unwrap(wrapped) == KEY


class Full:
    """A disk that is full as soon as keys are written to it."""

    def __init__(self, *_: object, **__: object) -> None: ...

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None: ...

    def write(self, data: bytes) -> None:
        raise OSError(errno.ENOSPC, "No space left on device", f"{len(data)} bytes")


def test_a_disk_that_is_full_shows_no_key(
    vault: KeyFile, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = hash(vault.path.read_bytes())
    monkeypatch.setattr(key_file, "StagedFile", Full)
    monkeypatch.setattr(whole_files, "StagedFile", Full)
    for call in (vault.rotate, lambda: KeyFile.create(tmp_path / "new")):
        with pytest.raises(OSError, match="No space left") as caught:
            call()
        told = shown(caught.value)
        assert "'key'" not in told
        assert '"key"' not in told
        assert "created_at" not in told
    assert hash(vault.path.read_bytes()) == before


def test_a_folder_is_named_as_one(tmp_path: Path) -> None:
    with pytest.raises(KeyRefusedError, match="is a folder"):
        KeyFile(tmp_path).describe()
