from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.ops.cli.harness import Cli
from tests.ops.doctor.bench import Bench, make_bench
from tests.support.azure import nothing_open


@pytest.fixture
def bench(
    cli: Cli, monkeypatch: pytest.MonkeyPatch, container_name: str, request: pytest.FixtureRequest
) -> Iterator[Bench]:
    with nothing_open():
        yield from make_bench(cli, monkeypatch, container_name, request)
