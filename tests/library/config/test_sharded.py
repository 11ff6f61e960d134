"""`storage.sharded:`, a table of stores: what is taken, shown and refused."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from ingenious_storage.backends.sharded.backend import ShardedBackend
from ingenious_storage.config import StorageSettings, explain
from ingenious_storage.wiring import build_backend
from tests.library.config.conftest import Load
from tests.library.config.refusals import CANARY, KEY, refused

FILE = f"""
storage:
  type: sharded
  timeout: 7
  sharded:
    shards:
      west: {{type: local, local: {{base_path: /srv/west}}}}
      east:
        type: azure_blob
        azure: {{account_name: contosoeast, account_key: "{KEY}"}}
"""


def test_a_file_holds_stores_by_their_names(load: Load) -> None:
    storage = load(config=FILE).storage
    shards = storage.shards()
    assert {name: each.type for name, each in shards.items()} == {
        "west": "local",
        "east": "azure_blob",
    }
    assert shards["west"].base_path == Path("/srv/west")
    assert shards["east"].azure_account().account_name == "contosoeast"
    assert {each.timeout for each in shards.values()} == {7}
    backend = build_backend(storage, "data")
    assert isinstance(backend, ShardedBackend)
    assert backend.place == (
        "sharded:east=https://contosoeast.blob.core.windows.net/data,west=/srv/west/data"
    )


def test_a_variable_holds_them_as_json(load: Load) -> None:
    said = {"a": {"type": "local", "local": {"base_path": "/srv/a"}}}
    environ = {
        "INGENIOUS_STORAGE__TYPE": "sharded",
        "INGENIOUS_STORAGE__SHARDED__SHARDS": json.dumps(said),
    }
    assert load(environ=environ).storage.shards()["a"].base_path == Path("/srv/a")


def test_a_secret_comes_from_a_variable_and_is_not_shown(load: Load) -> None:
    settings = load(config=FILE.replace(KEY, "${EAST_KEY}"), environ={"EAST_KEY": KEY})
    [line] = [each for each in explain(settings) if each.key == "storage.sharded.shards"]
    assert line.value == (
        "west: local /srv/west, east: azure_blob https://contosoeast.blob.core.windows.net"
    )
    shown = f"{line}{settings}{settings.storage!r}{settings.storage.sharded}"
    assert KEY not in shown
    assert CANARY not in shown
    assert settings.storage.shards()["east"].account_key is not None


@pytest.mark.parametrize(
    ("shards", "says"),
    [
        ("", "names no store"),
        ("{A: {type: local}}", "name of a shard"),
        ("{a: {type: sharded}}", "cannot be sharded itself"),
        ("{a: {type: nothing}}", "'local', 'azure_blob'"),
        ("{a: {local: {base_path: /srv}}}", "type"),
        ("{a: {type: local, local: {base: /srv}}}", "base"),
        ("{a: {type: local, retry: {attempts: 1}}}", "a key that does not exist"),
        ("{a: {type: azure_blob}}", "no account is named"),
        ("{a: {type: local}, b: {type: local}}", "the shards a and b"),
        ("a b", "not a table"),
        (
            f"{{a: {{type: azure_blob, azure: {{account_name: x1x, account_key: {CANARY}}}}}}}",
            "key",
        ),
    ],
)
def test_what_cannot_be_used(load: Load, shards: str, says: str) -> None:
    text = f"storage: {{type: sharded, sharded: {{shards: {shards}}}}}"
    error = refused(lambda: load(config=text), says)
    assert "storage.sharded.shards" in str(error)


def test_settings_of_code_are_checked_too() -> None:
    shards = {"a": {"type": "inmemory"}, "b": {"type": "inmemory"}}
    storage = StorageSettings(type="sharded", sharded={"shards": shards})
    assert [*storage.shards()] == ["a", "b"]
    assert build_backend(storage, "data").durable is False
