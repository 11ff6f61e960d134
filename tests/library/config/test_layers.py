"""The sections of the layers: `storage.compression`, `storage.encryption`, `storage.cache`."""

from __future__ import annotations

from pathlib import Path

import pytest

from ingenious_storage.config import explain
from tests.library.config.conftest import Load
from tests.library.config.refusals import refused

VAULT = "https://contoso.vault.azure.net/keys/client-key"


def encryption(text: str) -> str:
    return f"storage: {{encryption: {{{text}}}}}"


def test_all_are_off_by_default(load: Load) -> None:
    storage = load().storage
    assert not storage.compression.enabled
    assert not storage.encryption.is_on
    assert storage.cache.max_bytes == 0


@pytest.mark.parametrize(
    ("text", "is_on"),
    [
        ("provider: key_file, key_file: ./vault.key", True),
        (f"provider: azure_key_vault, key_vault_key_id: '{VAULT}'", True),
        ("provider: of_another_distribution, accept_plain: true, hide_ids: true", True),
        ("provider: null", False),
    ],
)
def test_encryption_is_on_as_soon_as_a_provider_is_named(
    load: Load, text: str, is_on: bool
) -> None:
    assert load(config=encryption(text)).storage.encryption.is_on is is_on


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("provider: key_file", "(config.yml:1) is key_file, without key_file"),
        ("provider: azure_key_vault", "without key_vault_key_id"),
        (
            "key_file: ./vault.key",
            "key_file (config.yml:1) is set and the provider is not key_file",
        ),
        (f"key_vault_key_id: '{VAULT}'", "the provider is not azure_key_vault"),
        (
            "provider: azure_key_vault, key_file: ./vault.key",
            "key_file (config.yml:1) is set and the provider is not key_file",
        ),
        ("accept_plain: true", "has options and no provider"),
        ("hide_ids: true", "has options and no provider"),
        ("key_retention_days: 0", "has options and no provider"),
        ("provider: key_file, key_file: k, key_retention_days: -1", "key_retention_days"),
        ("provider: key_file, keyfile: ./vault.key", "keyfile"),
    ],
)
def test_half_an_encryption_is_refused(load: Load, text: str, said: str) -> None:
    refused(lambda: load(config=encryption(text)), said)


def test_a_home_is_expanded_and_variables_are_read(load: Load) -> None:
    environ = {
        "INGENIOUS_STORAGE__ENCRYPTION__PROVIDER": "key_file",
        "INGENIOUS_STORAGE__ENCRYPTION__KEY_FILE": "~/vault.key",
        "INGENIOUS_STORAGE__CACHE__MAX_BYTES": "1048576",
        "INGENIOUS_STORAGE__COMPRESSION__ENABLED": "true",
    }
    storage = load(environ=environ).storage
    assert storage.encryption.key_file == Path("~/vault.key").expanduser()
    assert storage.cache.max_bytes == 2**20
    assert storage.compression.enabled


@pytest.mark.parametrize(
    "text", ["max_bytes: -1", "max_age: -1", "max_age: .inf", "stale_if_error: 0", "max_bytes: x"]
)
def test_a_cache_that_cannot_be_is_refused(load: Load, text: str) -> None:
    name = text.partition(":")[0]
    refused(lambda: load(config=f"storage: {{cache: {{{text}}}}}"), f"storage.cache.{name}")


def test_a_profile_changes_one_value_of_a_section(load: Load) -> None:
    settings = load(
        "prod",
        config=encryption("provider: key_file, key_file: ./vault.key"),
        profiles="profiles: {prod: {storage: {encryption: {accept_plain: true}}}}",
    )
    assert settings.storage.encryption.accept_plain
    assert settings.storage.encryption.key_file == Path("vault.key")
    origins = {line.key: line.origin for line in explain(settings)}
    assert origins["storage.encryption.accept_plain"].startswith("profiles.yml:1")
    assert origins["storage.encryption.provider"].startswith("config.yml:1")
