"""The sections of the stores, and the flat keys that stand for keys in them."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from pydantic import SecretStr, ValidationError

from ingenious_storage.config import AzureSettings, StorageSettings, explain
from ingenious_storage.config.keys import ALIASES
from ingenious_storage.config.sources.layers import variables
from tests.library.config.conftest import Load
from tests.library.config.refusals import ACCOUNT, KEY, STRING, refused

VALUES = {
    "base_path": "elsewhere",
    "connection_string": STRING,
    "account_name": ACCOUNT,
    "account_key": KEY,
    "sas_token": "sig=a",
    "credential": "sas",
    "tenant_id": "t",
    "client_id": "c",
    "client_secret": "s",
    "endpoint": "https://x.example",
    "allowed_endpoint_suffixes": "example.org",
    "allow_http": "true",
}


def test_every_flat_key_of_the_release_before_is_an_alias() -> None:
    assert ALIASES.keys() == {f"storage.{name}" for name in VALUES}


def test_the_page_names_every_alias() -> None:
    page = (Path(__file__).parents[3] / "docs/configuration.md").read_text(encoding="utf-8")
    rows = re.findall(r"^\| as `(\S+)` \| `(\S+)` \| `(\S+)` \|$", page, re.MULTILINE)
    assert {alias: key for key, alias, _ in rows} == ALIASES
    for key, alias, variable in rows:
        assert variables({variable: "x"})[key].alias == alias


@pytest.mark.parametrize("name", VALUES)
def test_both_spellings_mean_the_same_from_every_source(load: Load, name: str) -> None:
    section = ALIASES[f"storage.{name}"].split(".")[1]
    value = VALUES[name]
    flat, nested = (
        f"storage: {{{name}: '{value}'}}",
        f"storage: {{{section}: {{{name}: '{value}'}}}}",
    )
    wanted = load(config=flat).storage
    assert wanted != StorageSettings()
    assert load(config=nested).storage == wanted
    variables = (f"INGENIOUS_STORAGE__{name.upper()}", f"INGENIOUS_STORAGE__{section}__{name}")
    for variable in variables:
        assert load(config="", environ={variable.upper(): value}).storage == wanted
        assert load(config="", dotenv=f"{variable.upper()}='{value}'").storage == wanted
        load(config="", dotenv="")
    for key in (f"storage.{name}", f"storage.{section}.{name}"):
        assert load(config="", overrides={key: value}).storage == wanted
    assert StorageSettings(**{name: value}) == StorageSettings(**{section: {name: value}}) == wanted
    assert getattr(wanted, name) == getattr(getattr(wanted, section), name)


def test_the_source_decides_whichever_spelling_it_uses(load: Load) -> None:
    nested, flat = "storage: {azure: {tenant_id: low}}", "storage: {tenant_id: low}"
    for config in (nested, flat):
        for profile in ("storage: {azure: {tenant_id: high}}", "storage: {tenant_id: high}"):
            assert load(config=config, profiles=profile).storage.tenant_id == "high"
        for name in ("INGENIOUS_STORAGE__TENANT_ID", "INGENIOUS_STORAGE__AZURE__TENANT_ID"):
            assert load(config=config, environ={name: "top"}).storage.azure.tenant_id == "top"


def test_null_takes_back_what_the_other_spelling_said(load: Load) -> None:
    settings = load(
        config="storage: {azure: {tenant_id: a}, client_id: b}",
        profiles="storage: {tenant_id: null, azure: {client_id: null}}",
    )
    assert settings.storage == StorageSettings()


def test_one_source_that_says_both_must_agree(load: Load) -> None:
    text = "storage:\n  azure:\n    tenant_id: {}\n  tenant_id: b\n"
    assert load(config=text.format("b")).storage.tenant_id == "b"
    refused(
        lambda: load(config=text.format("a")),
        "storage.tenant_id (config.yml:4)",
        "storage.azure.tenant_id (config.yml:3)",
        "mean the same, and differ",
    )
    names = ("INGENIOUS_STORAGE__TENANT_ID", "INGENIOUS_STORAGE__AZURE__TENANT_ID")
    refused(lambda: load(config="", environ=dict(zip(names, "ab", strict=True))), *names, "differ")
    refused(
        lambda: load(overrides={"storage.tenant_id": "a", "storage.azure.tenant_id": "b"}),
        "storage.tenant_id (argument) and storage.azure.tenant_id (argument) mean the same",
    )


def test_in_code_both_must_agree_too() -> None:
    azure = AzureSettings(tenant_id="a")
    assert StorageSettings(tenant_id="a", azure=azure).azure == azure
    merged = StorageSettings(client_id="c", azure=azure).azure
    assert (merged.tenant_id, merged.client_id) == ("a", "c")
    with pytest.raises(ValidationError, match=r"tenant_id and storage\.azure\.tenant_id differ"):
        StorageSettings(tenant_id="b", azure=azure)
    with pytest.raises(ValidationError):
        StorageSettings(tenant_id="b", azure=3)
    key = SecretStr(KEY)
    both = StorageSettings(account_key=key, azure={"account_key": KEY})
    assert both.account_key == key


def test_a_copy_takes_both_spellings() -> None:
    settings = StorageSettings(tenant_id="a", client_id="c")
    changed = settings.model_copy(update={"tenant_id": "b", "timeout": 5.0, "base_path": Path("x")})
    assert changed == StorageSettings(tenant_id="b", client_id="c", timeout=5.0, base_path="x")
    assert settings == StorageSettings(tenant_id="a", client_id="c")
    azure = AzureSettings(endpoint="e")
    both = settings.model_copy(update={"tenant_id": "b", "azure": azure})
    assert both == StorageSettings(tenant_id="b", endpoint="e")


@pytest.mark.parametrize("section", ["azure", "local", "inmemory", "retry"])
@pytest.mark.parametrize("empty", ["", " null", " ~"])
def test_an_empty_section_says_nothing(load: Load, section: str, empty: str) -> None:
    below = "storage: {azure: {tenant_id: a}, local: {base_path: x}, retry: {attempts: 3}}"
    settings = load(config=below, profiles=f"storage:\n  {section}:{empty}\n")
    assert settings.storage == load(config=below).storage


def test_a_key_is_shown_as_it_was_written(load: Load) -> None:
    settings = load(
        config="storage:\n  azure:\n    tenant_id: a\n  client_id: b\n  local: {base_path: x}\n",
    )
    lines = {line.key: (line.value, line.origin) for line in explain(settings)}
    assert lines["storage.azure.tenant_id"] == ("a", "config.yml:3")
    assert lines["storage.client_id"] == ("b", "config.yml:4")
    assert lines["storage.local.base_path"] == ("x", "config.yml:5")
    assert lines["storage.azure.endpoint"] == ("", "default")  # as the rest of its section
    assert not {"storage.tenant_id", "storage.azure.client_id", "storage.base_path"} & lines.keys()
    assert settings.written("storage.azure.client_id") == "storage.client_id (config.yml:4)"
    assert settings.written("storage.azure.tenant_id") == "storage.azure.tenant_id (config.yml:3)"


def test_errors_name_the_key_as_it_was_written(load: Load) -> None:
    bad = "storage:\n  type: azure_blob\n  azure:\n    account_name: Contoso\n"
    refused(
        lambda: load(config=bad), "storage.azure.account_name (config.yml:4) is not the name of a"
    )
    refused(
        lambda: load(config="storage: {azure: {credential: x}}"),
        "storage.azure.credential (config.yml:1): must be",
    )
    refused(
        lambda: load(
            config=f"storage: {{type: azure_blob, azure: {{account_key: '{KEY.swapcase()}'}}}}",
            environ={"AZURE_STORAGE_CONNECTION_STRING": STRING},
        ),
        "storage.azure.account_key (config.yml:1) and "
        "storage.connection_string (AZURE_STORAGE_CONNECTION_STRING) contradict each other",
    )
    error = refused(lambda: load(config="storage: {azure: {acount_name: x}}"), "acount_name")
    assert error.hint == "Did you mean storage.azure.account_name?"
    refused(lambda: load(config="storage: {azure: 3}"), "storage.azure (config.yml:1): must be")


def test_an_empty_variable_decides_nothing_in_a_section_either(load: Load) -> None:
    config = f"storage: {{type: azure_blob, azure: {{account_name: {ACCOUNT}}}}}"
    refused(
        lambda: load(config=config, environ={"AZURE_STORAGE_ACCOUNT_KEY": ""}),
        "the variable AZURE_STORAGE_ACCOUNT_KEY is given, but empty",
    )
    argument = {"storage.azure.account_key": KEY}
    load(config=config, environ={"AZURE_STORAGE_ACCOUNT_KEY": ""}, overrides=argument)
