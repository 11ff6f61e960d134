from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from ingenious_ops.bulk import held
from tests.ops.spread.place import Place
from tests.support.layering import new_key_file
from tests.support.servers.dask import Cluster, run_dask


@pytest.fixture(scope="session")
def written(tmp_path_factory: pytest.TempPathFactory) -> Place:
    """To be copied, not to be changed."""
    return Place(tmp_path_factory.mktemp("written")).configured().filled()


@pytest.fixture(scope="session")
def encryption(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """The section that encrypts it in place."""
    path = new_key_file(tmp_path_factory.mktemp("keys"))
    return {"provider": "key_file", "key_file": str(path), "accept_plain": True}


@pytest.fixture(autouse=True)
def nothing_held() -> Iterator[None]:
    """What this process keeps open as a worker would."""
    yield
    held.close()


@pytest.fixture(scope="module")
def cluster(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cluster]:
    with run_dask(tmp_path_factory.mktemp("dask"), workers=2) as running:
        running.wait_for(2)
        yield running


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A working directory without any configuration of its own."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("HOME", str(tmp_path))
    return tmp_path
