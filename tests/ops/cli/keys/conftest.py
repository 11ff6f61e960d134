"""A command line whose profile encrypts by a key file."""

from __future__ import annotations

from typing import Any

import pytest
import yaml

from tests.ops.cli.harness import Cli


def configure(cli: Cli, **encryption: Any) -> None:
    storage: dict[str, Any] = {"base_path": "data", "retention_days": 7}
    if encryption:
        storage["encryption"] = encryption
    cli.write("config.yml", yaml.safe_dump({"storage": storage}))


@pytest.fixture
def encrypted(cli: Cli) -> Cli:
    """Encryption is on, and nothing is made yet."""
    configure(cli, provider="key_file", key_file="keys.json")
    return cli


@pytest.fixture
def plain(cli: Cli) -> Cli:
    """Encryption is off."""
    configure(cli)
    return cli
