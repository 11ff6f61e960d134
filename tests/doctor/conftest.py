from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.cli.harness import Cli
from tests.doctor.bench import Bench, make_bench
from tests.support.azure import nothing_open


@pytest.fixture
def cli(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Cli:
    folder = tmp_path / "work"
    folder.mkdir()
    monkeypatch.chdir(folder)
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("USERPROFILE", str(tmp_path))
    return Cli(folder)


@pytest.fixture
def bench(
    cli: Cli, monkeypatch: pytest.MonkeyPatch, container_name: str, request: pytest.FixtureRequest
) -> Iterator[Bench]:
    with nothing_open():
        yield from make_bench(cli, monkeypatch, container_name, request)
