"""The configuration that travels: what the files say, unresolved, and no secret."""

from __future__ import annotations

import base64
from pathlib import Path

import pytest

from ingenious_storage.config import load_settings, portable
from ingenious_storage.errors import ConfigurationError

PROFILES = """
profiles:
  dev:
    other: {password: theirs}
    storage:
      type: azure_blob
      account_name: ${ACCOUNT:acme}
      account_key: ${KEY}
      container_data: one
    api: {enabled: false}
  prod:
    storage: {type: local, path: ./x}
"""


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "profiles.yml").write_text(PROFILES)
    (tmp_path / "config.yml").write_text("storage: {timeout: 7}\nmodels: [{key: theirs}]\n")
    return tmp_path


def test_another_machine_resolves_the_same_files_by_its_own_environment(
    folder: Path, tmp_path_factory: pytest.TempPathFactory
) -> None:
    found = portable(["dev"])
    assert found.literals == ()
    assert "theirs" not in found.config + found.profiles
    assert "prod" not in found.profiles
    there = tmp_path_factory.mktemp("there")
    (there / "c.yml").write_text(found.config)
    (there / "p.yml").write_text(found.profiles)
    key = base64.b64encode(bytes(64)).decode()
    settings = load_settings(
        "dev",
        config_path=there / "c.yml",
        profiles_path=there / "p.yml",
        environ={"KEY": key, "ACCOUNT": "elsewhere"},
        cwd=there,
    )
    assert settings.storage.azure.account_name == "elsewhere"
    assert settings.storage.azure.account_key is not None
    assert settings.storage.azure.account_key.get_secret_value() == key
    assert (settings.storage.container_data, settings.storage.timeout) == ("one", 7)


@pytest.mark.parametrize(
    "line",
    [
        "account_key: c2VjcmV0",
        "account_key: ${KEY:c2VjcmV0}",
        "azure: {client_secret: c2VjcmV0}",
        "connection_string: AccountName=${NAME};AccountKey=c2VjcmV0",
        "s3: {secret_access_key: c2VjcmV0}",
        "azure: {endpoint: 'https://x/?sig=c2VjcmV0'}",
        "gcs: {endpoint: 'https://user:c2VjcmV0@proxy'}",
        "sharded: {shards: {a: {type: azure_blob, azure: {account_key: c2VjcmV0}}}}",
    ],
)
def test_a_secret_that_stands_as_text_is_named_by_its_place(folder: Path, line: str) -> None:
    (folder / "profiles.yml").write_text(f"storage:\n  container_data: one\n  {line}\n")
    (place,) = portable([None]).literals
    assert "profiles.yml:3" in place
    assert "c2VjcmV0" not in place


def test_without_files_nothing_travels(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    found = portable([None], profiles_path=None)
    assert (found.config, found.profiles, found.literals) == ("{}\n", "profiles: {}\n", ())


def test_a_profile_that_is_not_there_is_refused(folder: Path) -> None:
    with pytest.raises(ConfigurationError, match="nobody"):
        portable(["nobody"])
