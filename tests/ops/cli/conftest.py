"""A command line in a folder of its own."""

from __future__ import annotations

import pytest

from tests.ops.cli.harness import WORKSPACE, Cli


@pytest.fixture
def filled(cli: Cli) -> Cli:
    """With the example workspace in it."""
    cli("prompts", "import", str(WORKSPACE))
    cli("memory", "import", str(WORKSPACE))
    return cli
