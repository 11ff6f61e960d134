"""A write that is killed or fails at any rename or fsync leaves the old blob or the new one."""

from __future__ import annotations

import json
import os
import shutil
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from ingenious_storage.backends.local.backend import LocalBackend
from ingenious_storage.errors import NotFoundError
from tests.integration.crash.harness import (
    FSYNCS,
    RENAMES,
    count_syscalls,
    requires_strace,
    run_failing,
    run_killed,
)
from tests.library.backends.local.oracle import FolderOracle

SCRIPT = Path(__file__).with_name("write_blob.py")
KEY = "conversations/some-id/memory.json"
LONG_KEY = "history/" + "長" * 60 + "/0000000032"
EVERY_STEP = "mkdir,mkdirat,openat,write,utimensat,flock,close,unlink,unlinkat,rmdir"

pytestmark = requires_strace


@pytest.fixture(params=["create", "overwrite"])
def folder(request: pytest.FixtureRequest, tmp_path: Path) -> Path:
    """A container; for an overwrite with the old blobs in it."""
    folder = tmp_path / "container"
    backend = LocalBackend(folder)
    backend.ensure_container()
    if request.param == "overwrite":
        backend.put(KEY, b"o" * 100_000)
        backend.put(LONG_KEY, b"o" * 100_000)
    return folder


def _copies(folder: Path, total: int) -> Iterator[tuple[int, Path]]:
    assert total > 0
    for when in range(1, total + 1):
        copy = folder.with_name(f"copy-{when}")
        shutil.copytree(folder, copy)
        yield when, copy


def _content(backend: LocalBackend, key: str) -> bytes | None:
    try:
        return backend.get(key).data
    except NotFoundError:
        return None


def _check(folder: Path, key: str, old: bytes | None, new: bytes | None) -> bytes | None:
    """Old or new, whole; listed as such; the next writes work; no leftover stays for ever."""
    backend = LocalBackend(folder, timeout=5)
    content = _content(backend, key)
    assert content in (old, new)
    listed = {blob.key for blob in backend.iterate(key)}
    assert listed == (set() if content is None else {key})
    page = backend.list(delimiter="/")
    assert (key.partition("/")[0] + "/" in page.prefixes) == (content is not None)
    backend.put(key, b"next")
    assert backend.get(key).data == b"next" == FolderOracle(folder).read(key)
    for where, name in FolderOracle(folder).files():
        if name.startswith(".tmp-"):
            os.utime(Path(where, name), (time.time() - 4000,) * 2)
    assert key in {blob.key for blob in backend.iterate()}
    assert not [name for _, name in FolderOracle(folder).files() if name.startswith(".tmp-")]
    backend.delete(key)
    assert _content(backend, key) is None
    return content


@pytest.mark.parametrize("syscalls", [RENAMES, FSYNCS], ids=["rename", "fsync"])
@pytest.mark.parametrize("key", [KEY, LONG_KEY], ids=["key", "long-key"])
def test_killed_put(folder: Path, syscalls: str, key: str) -> None:
    old, new = _content(LocalBackend(folder), key), b"n" * 100_000
    trial = shutil.copytree(folder, folder.with_name("trial"))
    total = count_syscalls(SCRIPT, [str(trial), "put", key, "n"], syscalls)
    found = []
    for when, copy in _copies(folder, total):
        done = run_killed(SCRIPT, [str(copy), "put", key, "n"], syscalls, when)
        assert done.stdout == ""
        found.append(_check(copy, key, old, new))
    # Up to the rename the old blob; behind it the new one, although nobody heard of it yet.
    assert found == [old] * (total - 1) + [new if syscalls == FSYNCS else old]


@pytest.mark.parametrize("syscalls", [RENAMES, FSYNCS], ids=["rename", "fsync"])
def test_killed_upload(folder: Path, syscalls: str) -> None:
    old, new = _content(LocalBackend(folder), KEY), b"n" * 5_000_000
    trial = shutil.copytree(folder, folder.with_name("trial"))
    total = count_syscalls(SCRIPT, [str(trial), "upload", KEY, "n"], syscalls)
    for when, copy in _copies(folder, total):
        run_killed(SCRIPT, [str(copy), "upload", KEY, "n"], syscalls, when)
        _check(copy, KEY, old, new)


@pytest.mark.slow
@pytest.mark.parametrize("call", ["put", "delete"])
def test_killed_at_every_step(folder: Path, call: str) -> None:
    """Not only where data meets the disk: also with the lock held, the folders half made."""
    old, new = _content(LocalBackend(folder), KEY), b"n" * 100_000 if call == "put" else None
    for syscall in EVERY_STEP.split(","):
        quiet = count_syscalls(SCRIPT, [str(folder), "nothing", KEY, "n"], syscall)
        trial = shutil.copytree(folder, folder.with_name(f"trial-{syscall}"))
        total = count_syscalls(SCRIPT, [str(trial), call, KEY, "n"], syscall)
        for when in range(max(1, quiet - 5), total + 1):
            copy = shutil.copytree(folder, folder.with_name(f"{syscall}-{when}"))
            run_killed(SCRIPT, [str(copy), call, KEY, "n"], syscall, when)
            _check(copy, KEY, old, new)


@pytest.mark.parametrize("error", ["EIO", "ENOSPC"])
def test_fsync_that_fails(folder: Path, error: str) -> None:
    """What could not be made durable is not acknowledged; behind the rename it is unknown."""
    old, new = _content(LocalBackend(folder), KEY), b"n" * 100_000
    trial = shutil.copytree(folder, folder.with_name("trial"))
    total = count_syscalls(SCRIPT, [str(trial), "put", KEY, "n"], FSYNCS)
    for when, copy in _copies(folder, total):
        done = run_failing(SCRIPT, [str(copy), "put", KEY, "n"], FSYNCS, when, error)
        last = when == total
        assert json.loads(done.stdout) == {"code": "unavailable", "outcome_unknown": last}
        assert _check(copy, KEY, old, new) == (new if last else old)


def test_rename_that_fails(folder: Path) -> None:
    old = _content(LocalBackend(folder), KEY)
    done = run_failing(SCRIPT, [str(folder), "put", KEY, "n"], RENAMES, 1, "EIO")
    assert json.loads(done.stdout) == {"code": "unavailable", "outcome_unknown": False}
    assert not [name for _, name in FolderOracle(folder).files() if name.startswith(".tmp-")]
    assert _check(folder, KEY, old, old) == old


def test_delete_that_fails_or_is_killed(tmp_path: Path) -> None:
    LocalBackend(tmp_path / "container").ensure_container()
    LocalBackend(tmp_path / "container").put(KEY, b"o" * 100_000)
    args = [str(tmp_path / "copy-1"), "delete", KEY, ""]
    for when, copy in _copies(tmp_path / "container", 1):
        run_killed(SCRIPT, args, FSYNCS, when)
        assert _check(copy, KEY, None, None) is None
        shutil.rmtree(copy)
    for when, copy in _copies(tmp_path / "container", 1):
        done = run_failing(SCRIPT, args, FSYNCS, when, "EIO")
        assert json.loads(done.stdout) == {"code": "unavailable", "outcome_unknown": True}
        assert _check(copy, KEY, None, None) is None
