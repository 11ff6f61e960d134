"""A local Azure for each test, and stacks on it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from uuid import uuid4

import pytest

from tests.infra.conftest import REQUIRED
from tests.support.pulumi import LocalCloud, LocalStack, find_cli, run_local_azurite
from tests.support.servers.azurite import Azurite

NewStack = Callable[..., LocalStack]

# The marks of tests that run the real engine.
REAL = [pytest.mark.slow, pytest.mark.timeout(900)]


@pytest.fixture(scope="session")
def local_azurite(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Azurite]:
    with run_local_azurite(tmp_path_factory.mktemp("local-azurite")) as server:
        yield server


@pytest.fixture
def cloud(tmp_path: Path, local_azurite: Azurite) -> LocalCloud:
    """An Azure without resources."""
    cli = find_cli()
    if cli is None:
        pytest.skip("there is no Pulumi CLI: `make pulumi` says how to get one")
    return LocalCloud(cli, tmp_path, local_azurite)


@pytest.fixture
def new_stack(cloud: LocalCloud) -> NewStack:
    """`new_stack("dev", tags={...})` is a new stack of that environment, not yet up.

    Its name, and with it its account's, is its own: Azurite is shared between tests.
    """

    def make(environment: str, **config: object) -> LocalStack:
        chosen = {"environment": environment, **REQUIRED[environment], **config}
        return LocalStack(cloud, f"{environment}-{uuid4().hex[:8]}", chosen)

    return make
