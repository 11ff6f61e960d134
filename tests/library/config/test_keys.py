"""Keys and values that are refused, and where the error says they were written."""

from __future__ import annotations

import pytest
from pydantic import ValidationError

from ingenious_storage.config import StorageSettings
from tests.library.config.conftest import Load
from tests.library.config.refusals import CANARY, refused

UNKNOWN = {
    "storage: {tiemout: 3}": ("storage.tiemout (config.yml:1)", "Did you mean storage.timeout?"),
    "storage:\n  basePath: x": (
        "storage.basePath (config.yml:2)",
        "Did you mean storage.base_path?",
    ),
    "storage: {retry: {atempts: 3}}": (
        "storage.retry.atempts (config.yml:1)",
        "Did you mean storage.retry.attempts?",
    ),
    "storage: {attempts: 3}": ("storage.attempts", "Did you mean storage.retry.attempts?"),
    "storage: {zzz: {}}": (
        "storage.zzz (config.yml:1)",
        "explain configuration` lists every key.",
    ),
    "storage: {s3: {endpont: x}}": ("storage.s3.endpont", "Did you mean storage.s3.endpoint?"),
    "storage: {gcs: {endpoint_url: x}}": ("storage.gcs", "Did you mean storage.gcs.endpoint?"),
    "storage: {endpont: x}": ("storage.endpont", "Did you mean storage.endpoint?"),
    "storage: {s3: {bucket: x}}": ("storage.s3.bucket", "storage.container_data, storage.co"),
    "storage: {zzz: {a: {b: 1}}}": ("storage.zzz (config.yml:1)", "every key"),
    "telemetry: {exporters: none}": (
        "telemetry.exporters (config.yml:1)",
        "Did you mean telemetry.exporter?",
    ),
    f"storage: {{'AccountKey={CANARY}=': }}": ("a key in storage (config.yml:1)", "every key"),
}


@pytest.mark.parametrize(("text", "expected"), UNKNOWN.items())
def test_unknown_keys_suggest_the_nearest(load: Load, text: str, expected: tuple[str, str]) -> None:
    error = refused(lambda: load(config=text), expected[0], "is not a key that exists")
    assert expected[1] in error.hint


@pytest.mark.parametrize(
    ("variable", "meant"),
    [
        ("INGENIOUS_STORAGE__TIMOUT", "INGENIOUS_STORAGE__TIMEOUT"),
        ("INGENIOUS_STORAGE__RETRY__ATEMPTS", "INGENIOUS_STORAGE__RETRY__ATTEMPTS"),
        ("ingenious_storage__timout", "INGENIOUS_STORAGE__TIMEOUT"),
        ("INGENIOUS_TELEMETRY__EXPORT", "INGENIOUS_TELEMETRY__EXPORTER"),
        (
            "INGENIOUS_STORAGE__TIMEOUT__X",
            "explain configuration` lists every key.",
        ),
        ("INGENIOUS_STORAGE__", "explain configuration` lists every key."),
    ],
)
def test_unknown_variables_suggest_the_nearest(load: Load, variable: str, meant: str) -> None:
    error = refused(lambda: load(environ={variable: CANARY}), variable, "is not a key")
    assert meant in error.hint
    refused(lambda: load(dotenv=f"{variable}={CANARY}"), f"{variable} in .env")


def test_unknown_arguments_are_refused(load: Load) -> None:
    error = refused(lambda: load(overrides={"storage.typ": "local"}), "storage.typ (argument)")
    assert error.hint == "Did you mean storage.type?"
    assert refused(lambda: load(overrides={"type": "local"})).hint == "Did you mean storage.type?"


VALUES = {
    "type: azure": "storage.type (config.yml:2): must be 'local', 'azure_blob', 's3', 'gcs', ",
    "timeout: soon": "storage.timeout (config.yml:2): must be a valid number",
    "timeout: true": "storage.timeout (config.yml:2): must be a valid number",
    "timeout: 0": "storage.timeout (config.yml:2): must be greater than 0",
    "timeout: .inf": "storage.timeout (config.yml:2): must be a valid number",
    "timeout: inf": "storage.timeout (config.yml:2): must be a finite number",
    "timeout:": "storage.timeout (config.yml:2): must be a valid number",
    "workers: 0": "storage.workers (config.yml:2): must be greater than or equal to 1",
    "retry: 3": "storage.retry (config.yml:2): must be a section, with keys of its own",
    "retry: {attempts: 0}": "storage.retry.attempts (config.yml:2): must be greater",
    "max_document_bytes: 16 MiB": "storage.max_document_bytes (config.yml:2): must be a valid int",
    "auto_create_containers: perhaps": "storage.auto_create_containers (config.yml:2): must be",
    "credential: password": "storage.credential (config.yml:2): must be 'default', 'managed_id",
    "allowed_endpoint_suffixes: ['']": "storage.allowed_endpoint_suffixes (config.yml:2): must",
    "allowed_endpoint_suffixes: ['https://x']": "(config.yml:2): not the end of a host name",
    "timeout: {a: 1}": "storage.timeout (config.yml:2): must be a valid number",
    "allowed_endpoint_suffixes: {a: b}": "storage.allowed_endpoint_suffixes (config.yml:2): must",
    "allowed_endpoint_suffixes: [{a: 1}]": "storage.allowed_endpoint_suffixes (config.yml:2): must",
    "tenant_id: [a]": "storage.tenant_id (config.yml:2): must be a valid string",
    f"max_document_bytes: {CANARY}": "storage.max_document_bytes (config.yml:2)",
    f"type: AccountKey={CANARY}": "storage.type (config.yml:2)",
    f"account_key: [{CANARY}]": "storage.account_key (config.yml:2)",
}


@pytest.mark.parametrize(("text", "expected"), VALUES.items(), ids=VALUES)
def test_values_are_checked_where_they_stand(load: Load, text: str, expected: str) -> None:
    refused(lambda: load(config=f"storage:\n  {text}"), expected)


@pytest.mark.parametrize(
    "name", ["ab", "a" * 64, "Data", "a_b", "a--b", "-ab", "ab-", "a b", "a/b", "$root", "dätä"]
)
@pytest.mark.parametrize("key", ["container_data", "container_revisions"])
def test_container_names_that_azure_refuses(load: Load, key: str, name: str) -> None:
    refused(
        lambda: load(overrides={f"storage.{key}": name}),
        f"storage.{key} (argument): invalid container name",
    )


def test_the_containers_differ(load: Load) -> None:
    refused(
        lambda: load(
            config="storage: {container_data: same}",
            environ={"INGENIOUS_STORAGE__CONTAINER_REVISIONS": "same"},
        ),
        "storage.container_data (config.yml:1)",
        "storage.container_revisions (INGENIOUS_STORAGE__CONTAINER_REVISIONS) are the same",
    )


def test_two_variables_of_one_key_must_agree(load: Load) -> None:
    both = {"AZURE_STORAGE_ACCOUNT_KEY": CANARY, "INGENIOUS_STORAGE__ACCOUNT_KEY": CANARY}
    load(environ=both)
    refused(
        lambda: load(environ={**both, "AZURE_STORAGE_ACCOUNT_KEY": CANARY + "2"}),
        "AZURE_STORAGE_ACCOUNT_KEY and INGENIOUS_STORAGE__ACCOUNT_KEY differ",
    )
    refused(
        lambda: load(
            environ={"INGENIOUS_STORAGE__RETRY": "x", "INGENIOUS_STORAGE__RETRY__CAP": "1"}
        ),
        "storage.retry (INGENIOUS_STORAGE__RETRY): must be",
    )


def test_a_dotenv_that_cannot_be_read_is_refused(load: Load) -> None:
    refused(
        lambda: load(dotenv=f"A={CANARY}\nB=caf\xe9".encode("latin-1")), ".env:2: not text in UTF-8"
    )


def test_pydantic_itself_shows_no_value() -> None:
    with pytest.raises(ValidationError) as caught:
        StorageSettings.model_validate({"account_key": [CANARY], "typ": CANARY})
    assert CANARY not in f"{caught.value} {caught.value!r}"


def test_settings_are_frozen_and_hashable() -> None:
    settings = StorageSettings()
    with pytest.raises(ValidationError):
        settings.timeout = 3
    assert hash(settings) == hash(StorageSettings())
