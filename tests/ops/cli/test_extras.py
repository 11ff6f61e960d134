"""A missing extra is installed from where this installation is from, since no index has it."""

from __future__ import annotations

import importlib.metadata
import json
from pathlib import Path
from typing import Any

import pytest

from ingenious_ops import extras
from ingenious_ops.extras import ExtraMissingError, install_line, needs_extra

SOURCES: dict[str, tuple[dict[str, Any], str]] = {
    "checkout": (
        {"url": "file:///home/ann/my%20code", "dir_info": {}},
        "pip install '/home/ann/my code[ops]'",
    ),
    "editable": (
        {"url": "file:///src/storage", "dir_info": {"editable": True}},
        "pip install -e '/src/storage[ops]'",
    ),
    "wheel": (
        {"url": "file:///dist/ingenious_storage-0.1.0-py3-none-any.whl", "archive_info": {}},
        "pip install '/dist/ingenious_storage-0.1.0-py3-none-any.whl[ops]'",
    ),
    "git": (
        {
            "url": "https://git.example.org/storage.git",
            "vcs_info": {"vcs": "git", "commit_id": "abc"},
        },
        "pip install 'ingenious-storage[ops] @ git+https://git.example.org/storage.git@abc'",
    ),
    "secret": (
        {"url": "https://ann:password@files.example.org/x.whl", "archive_info": {}},
        "pip install 'ingenious-storage[ops] @ https://files.example.org/x.whl'",
    ),
}


@pytest.fixture
def installed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The metadata of an installation, which the library is made to see."""
    folder = tmp_path / "ingenious_storage-0.1.0.dist-info"
    folder.mkdir()
    (folder / "METADATA").write_text("Name: ingenious-storage\nVersion: 0.1.0\n")

    def found(name: str) -> importlib.metadata.Distribution:
        assert name == "ingenious-storage"
        return importlib.metadata.PathDistribution(folder)

    monkeypatch.setattr(extras, "distribution", found)
    return folder / "direct_url.json"


@pytest.mark.parametrize("source", SOURCES)
def test_from_where_it_was_installed(installed: Path, source: str) -> None:
    record, expected = SOURCES[source]
    installed.write_text(json.dumps(record))
    assert install_line("ops") == expected


def test_from_an_index_of_ones_own(installed: Path) -> None:
    line = install_line("ops")
    assert line.startswith("pip install 'ingenious-storage[ops]' (")
    assert "from the index or the folder that it was installed from" in line
    assert "not on PyPI" in line


def test_without_metadata(monkeypatch: pytest.MonkeyPatch) -> None:
    def missing(name: str) -> importlib.metadata.Distribution:
        raise importlib.metadata.PackageNotFoundError(name)

    monkeypatch.setattr(extras, "distribution", missing)
    assert install_line("ops") == "pip install '.[ops]' (in the checkout)"


def test_the_error_has_the_line() -> None:
    with pytest.raises(ExtraMissingError) as caught, needs_extra("ops", "no_such_package"):
        import no_such_package  # type: ignore[import-not-found]  # noqa: F401
    assert caught.value.hint == f"Run: {install_line('ops')}"
