"""Where an index lies, and whose it is."""

from __future__ import annotations

import stat
import sys
from pathlib import Path
from typing import Any

import pytest

from ingenious_storage import Storage
from ingenious_storage.catalogue import place
from ingenious_storage.config import Settings, StorageSettings


def opened(**storage: Any) -> Storage:
    return Storage(Settings(storage=StorageSettings(**storage)))


@pytest.fixture
def caches(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "caches"))
    monkeypatch.setattr(sys, "platform", "linux")
    return tmp_path / "caches"


def test_one_file_for_each_storage_in_the_folder_of_caches(caches: Path, tmp_path: Path) -> None:
    given: list[dict[str, Any]] = [
        {"base_path": tmp_path / "a"},
        {"base_path": tmp_path / "b"},
        {"base_path": tmp_path / "a", "container_data": "other"},
        {"base_path": tmp_path / "a", "container_revisions": "other"},
    ]
    paths = []
    for storage in given:
        with opened(**storage) as first, opened(**storage) as again:
            assert first.catalogue.path == again.catalogue.path
            paths.append(first.catalogue.path)
    assert len(set(paths)) == len(given)
    assert {path.parent for path in paths} == {caches / "ingenious-storage"}
    assert not caches.exists()


def test_a_relative_folder_is_the_same_storage(
    caches: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    with opened(base_path="a") as relative, opened(base_path=tmp_path / "a") as absolute:
        assert relative.catalogue.path == absolute.catalogue.path


def test_accounts_are_told_apart_and_their_names_are_not_shown(caches: Path) -> None:
    accounts = [{"account_name": name, "credential": "azure_cli"} for name in ("one", "another")]
    paths = []
    for account in accounts:
        with opened(type="azure_blob", azure=account) as storage:
            paths.append(storage.catalogue.path)
    assert len(set(paths)) == 2
    assert not any("one" in path.name or "another" in path.name for path in paths)


def test_nobody_else_can_read_the_file(caches: Path, tmp_path: Path) -> None:
    with opened(base_path=tmp_path) as storage:
        storage.catalogue.sync()
        path = storage.catalogue.path
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700


def test_the_index_of_a_storage_in_memory_goes_with_it(caches: Path) -> None:
    with opened(type="inmemory") as one, opened(type="inmemory") as other:
        one.memory.save_memory("c", 1)
        one.catalogue.sync()
        assert other.catalogue.sync().listed == 0
        paths = [one.catalogue.path, other.catalogue.path]
        assert all(path.exists() for path in paths)
    assert not any(path.exists() for path in paths)
    assert not caches.exists()


@pytest.mark.parametrize(
    ("platform", "variables", "expected"),
    [
        ("linux", {}, ".cache"),
        ("linux", {"XDG_CACHE_HOME": "relative"}, ".cache"),
        ("linux", {"XDG_CACHE_HOME": "/var/caches"}, "/var/caches"),
        ("darwin", {"XDG_CACHE_HOME": "/var/caches"}, "Library/Caches"),
        ("win32", {}, "AppData/Local"),
        ("win32", {"LOCALAPPDATA": "/local"}, "/local"),
    ],
    ids=["linux", "relative", "xdg", "macos", "windows", "windows variable"],
)
def test_the_folder_of_each_system(
    platform: str, variables: dict[str, str], expected: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("XDG_CACHE_HOME", "LOCALAPPDATA"):
        monkeypatch.delenv(name, raising=False)
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setattr(sys, "platform", platform)
    monkeypatch.setenv("HOME", "/home/somebody")
    assert place.caches() == Path("/home/somebody", expected)
