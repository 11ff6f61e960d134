"""`init_files` writes all of its files or none."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from ingenious_storage.config import (
    CONFIG_TEMPLATE,
    ENV_TEMPLATE,
    PROFILES_TEMPLATE,
    init_files,
    load_settings,
)
from ingenious_storage.errors import AlreadyExistsError
from tests.library.config.refusals import refused

NAMES = {"config.yml", "profiles.yml", ".env.example"}


def contents(directory: Path) -> dict[str, str]:
    return {path.name: path.read_text() for path in directory.iterdir() if path.is_file()}


def test_writes_what_loads(tmp_path: Path) -> None:
    directory = tmp_path / "new/project"
    written = init_files(directory)
    assert [path.name for path in written] == ["config.yml", "profiles.yml", ".env.example"]
    assert set(contents(directory).values()) == {CONFIG_TEMPLATE, PROFILES_TEMPLATE, ENV_TEMPLATE}
    assert {path.name for path in directory.iterdir()} == NAMES
    load_settings("dev", cwd=directory, environ={})


@pytest.mark.parametrize("name", sorted(NAMES))
def test_never_overwrites_unless_forced(tmp_path: Path, name: str) -> None:
    (tmp_path / name).write_text("mine")
    with pytest.raises(AlreadyExistsError, match=rf"{name} exists") as caught:
        init_files(tmp_path)
    assert "--force" in caught.value.hint
    assert contents(tmp_path) == {name: "mine"}
    init_files(tmp_path, force=True)
    assert contents(tmp_path).keys() == NAMES
    assert "mine" not in contents(tmp_path).values()


def test_a_folder_in_the_way_leaves_everything_as_it_was(tmp_path: Path) -> None:
    (tmp_path / ".env.example").mkdir()
    (tmp_path / "config.yml").write_text("mine")
    with pytest.raises(AlreadyExistsError, match=r"\.env\.example"):
        init_files(tmp_path, force=True)
    assert contents(tmp_path) == {"config.yml": "mine"}


def test_a_folder_that_cannot_be_written_to(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    refused(lambda: init_files(tmp_path / "file"), "cannot write to")


def test_a_full_disk_writes_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    whole, calls = os.write, 0

    def full(fd: int, data: bytes) -> int:
        nonlocal calls
        calls += 1
        if calls == 3:
            raise OSError(28, "No space left on device")
        return whole(fd, data)

    monkeypatch.setattr(os, "write", full)
    refused(lambda: init_files(tmp_path), "No space left on device", ".env.example")
    assert list(tmp_path.iterdir()) == []
