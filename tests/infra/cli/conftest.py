"""A small program with a provider of its own, and the real engine."""

from __future__ import annotations

import gc
import json
import os
import sys
import textwrap
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from tests.ops.cli.harness import Cli
from tests.support.pulumi import find_cli

PROVIDER = Path(__file__).with_name("tiny_provider.py")

MAIN = """
import json

import pulumi
from rooms import Room

config = pulumi.Config()
things = json.loads(config.get("things") or "{}")
room = Room("room")
for name, properties in things.items():
    if "code" in properties:
        properties["code"] = pulumi.Output.secret(properties["code"])
    pulumi.CustomResource("tiny:index:Thing", name, properties)
pulumi.export("environment", config.require("environment"))
pulumi.export("count", len(things))
pulumi.export("secret", pulumi.Output.secret("hunter2"))
"""

ROOMS = """
import pulumi

class Room(pulumi.ComponentResource):
    def __init__(self, name):
        super().__init__("tiny:index:Room", name)
"""


@dataclass(frozen=True)
class Tiny:
    """A program in a folder, its stacks, and the world that its provider sees."""

    cli: Cli
    directory: Path
    world_file: Path

    def configure(self, stack: str, environment: str = "dev", **things: Any) -> None:
        """Write the settings of a stack; `things` are its resources, by name."""
        path = self.directory / f"Pulumi.{stack}.yaml"
        salt = [
            line
            for line in (path.read_text().splitlines() if path.exists() else [])
            if line.startswith("encryptionsalt")
        ]
        config = {"tiny:environment": environment, "tiny:things": json.dumps(things)}
        path.write_text("\n".join([f"config: {json.dumps(config)}", *salt, ""]))

    def program(self, text: str) -> None:
        (self.directory / "__main__.py").write_text(textwrap.dedent(text))

    @property
    def world(self) -> dict[str, Any]:
        """What there really is."""
        return json.loads(self.world_file.read_text()) if self.world_file.exists() else {}

    def change_world(self, value: dict[str, Any]) -> None:
        """Behind the stack's back."""
        self.world_file.write_text(json.dumps(value))


@pytest.fixture
def program(cli: Cli) -> Tiny:
    """Without an engine."""
    directory = cli.folder / "infra"
    directory.mkdir()
    tiny = Tiny(cli, directory, cli.folder / "world.json")
    (directory / "Pulumi.yaml").write_text("name: tiny\nruntime: python\n")
    (directory / "rooms.py").write_text(ROOMS)
    tiny.program(MAIN)
    tiny.configure("dev")
    return tiny


# Pulumi's SDK leaves the event loop of an inline program that failed to the garbage collector.
def pytest_itemcollected(item: pytest.Item) -> None:
    item.add_marker(pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning"))


@pytest.fixture
def tiny(program: Tiny, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Tiny]:
    """With the real engine, which finds the provider on its PATH."""
    pulumi = find_cli()
    if pulumi is None:
        pytest.skip("there is no pulumi command on the PATH, nor one that infra/tools built")
    bin_, state = tmp_path / "bin", tmp_path / "state"
    bin_.mkdir()
    state.mkdir()
    plugin = bin_ / "pulumi-resource-tiny"
    plugin.write_text(f'#!/bin/sh\nexec "{sys.executable}" "{PROVIDER}" "$@"\n')
    plugin.chmod(0o755)
    path = [str(bin_), str(pulumi.parent), os.environ["PATH"]]
    for name, value in {
        "PATH": os.pathsep.join(path),
        "TINY_WORLD": str(program.world_file),
        "PULUMI_HOME": str(tmp_path / "pulumi-home"),
        "PULUMI_BACKEND_URL": state.as_uri(),
        "PULUMI_CONFIG_PASSPHRASE": "tiny",
        "PULUMI_DISABLE_AUTOMATIC_PLUGIN_ACQUISITION": "true",
    }.items():
        monkeypatch.setenv(name, value)
    yield program
    gc.collect()
