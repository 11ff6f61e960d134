"""`api-keys new`: a key that opens what its configuration says."""

from __future__ import annotations

import os
import subprocess
from datetime import UTC, datetime, timedelta
from pathlib import Path

import yaml

from ingenious_ops.api.identity.api_keys import ApiKeys
from ingenious_ops.api.identity.principal import Access
from ingenious_storage.config import load_settings
from tests.ops.cli.harness import SCRIPT, Cli


def keys_of(cli: Cli, text: str) -> ApiKeys:
    (cli.folder / "config.yml").write_text(text)
    return ApiKeys(load_settings(cwd=cli.folder, environ={}).api.keys)


def test_the_lines_that_are_printed_take_the_key_that_is_printed(cli: Cli) -> None:
    made = cli("api-keys", "new", "ci", "--role", "editor", "--container", "revisions")
    key = made.stdout.strip()
    assert key.startswith("isk_")
    assert key not in made.stderr
    advice, _, lines = made.stderr.partition("\n")
    assert "shown once" in advice
    who = keys_of(cli, lines).principal(key)
    assert who is not None
    assert (who.name, who.grants) == ("key:ci", {"revisions": Access.EDITOR})
    assert keys_of(cli, lines).principal(key + "x") is None


def test_json_has_the_key_and_its_configuration(cli: Cli) -> None:
    data = cli.data("api-keys", "new", "2026", "--expires", "90d")
    keys = keys_of(cli, yaml.safe_dump(data["configuration"]))
    who = keys.principal(data["key"])
    assert who is not None
    assert who.grants == {"data": Access.READER, "revisions": Access.READER}
    left = datetime.fromtimestamp(who.expires or 0, UTC) - datetime.now(UTC)
    assert timedelta(days=89, hours=23) < left < timedelta(days=90, minutes=1)


def test_two_keys_are_never_the_same(cli: Cli) -> None:
    assert len({cli("api-keys", "new", "ci", "-q").stdout for _ in range(3)}) == 3


def test_a_name_that_cannot_be_an_author_makes_no_key(cli: Cli) -> None:
    for name in ("a b", "x" * 41, "key:ci"):
        assert "cannot name a key" in cli.error("api-keys", "new", name, code=2)["message"]


def test_it_needs_nothing_of_the_server(tmp_path: Path) -> None:
    for module in ("fastapi", "starlette", "jwt"):
        (tmp_path / f"{module}.py").write_text("raise ImportError(__name__)")
    made = subprocess.run(
        [SCRIPT, "api-keys", "new", "ci"],
        env={**os.environ, "PYTHONPATH": str(tmp_path)},
        capture_output=True,
        check=True,
    )
    assert made.stdout.startswith(b"isk_")
