"""The API on Container Apps: what runs, as whom, and which variables it gets."""

from __future__ import annotations

from pathlib import Path

import pytest

from ingenious_storage.config import load_settings
from tests.infra.conftest import API, Recorder
from tests.infra.program.recorder import Recording

APP, ENVIRONMENT = "app:ContainerApp", "app:ManagedEnvironment"
SECRET = "https://kv-acme.vault.azure.net/secrets/console"  # where one is


def container(recording: Recording) -> dict[str, object]:
    [found] = recording.one(APP).inputs["template"]["containers"]
    assert isinstance(found, dict)
    return found


def variables(recording: Recording) -> dict[str, str]:
    listed = container(recording)["env"]
    assert isinstance(listed, list)
    return {each["name"]: each.get("value", "s" * 32) for each in listed}


@pytest.mark.parametrize("environment", ["dev", "test", "prod"])
def test_without_an_image_there_is_none(record: Recorder, environment: str) -> None:
    recording = record(environment)
    assert recording.all(APP) == recording.all(ENVIRONMENT) == []
    assert "api_url" not in recording.outputs


@pytest.mark.parametrize("encrypts", [False, True])
def test_its_variables_are_settings_of_the_same_storage(
    record: Recorder, tmp_path: Path, encrypts: bool
) -> None:
    recording = record("dev", **API, client_side_key=encrypts)
    settings = load_settings(environ=variables(recording), cwd=tmp_path)
    account = settings.storage.azure_account()
    assert account.credential == "managed_identity"
    assert settings.storage.container_data == recording.outputs["container_data"]
    assert settings.storage.container_revisions == recording.outputs["container_revisions"]
    assert settings.storage.azure.client_id == recording.outputs["application_client_id"]
    assert settings.storage.retention_days == recording.outputs["retention_days"]
    assert settings.storage.encryption.is_on == encrypts
    assert settings.storage.encryption.key_vault_key_id == recording.outputs["key_vault_key_id"]
    assert settings.api.issuer == API["api_issuer"]
    assert settings.api.audience == (API["api_audience"],)
    assert str(settings.api.roles["Storage.Editor"]) == "editor of data and revisions"


def test_the_console_needs_a_secret_that_the_replicas_share(record: Recorder) -> None:
    assert "--no-console" in str(container(record("dev", **API))["args"])
    recording = record("dev", **API, api_session_secret_uri=SECRET)
    assert "--console" in str(container(recording)["args"])
    [secret] = recording.one(APP).inputs["configuration"]["secrets"]
    assert secret["keyVaultUrl"] == SECRET
    assert "value" not in secret
    names = [each["name"] for each in container(recording)["env"] if "secretRef" in each]  # type: ignore[attr-defined]
    assert names == ["INGENIOUS_API__SESSION_SECRET"]


def test_only_a_registry_of_azure_is_signed_in_to(record: Recorder) -> None:
    configuration = record("dev", **API).one(APP).inputs["configuration"]
    assert [each["server"] for each in configuration["registries"]] == ["acme.azurecr.io"]
    other = record("dev", **{**API, "api_image": "registry.example.com/api:1"})
    assert other.one(APP).inputs["configuration"]["registries"] == []


def test_who_edits_prompts(record: Recorder) -> None:
    assert "api-revisions" not in record("dev", **API).by_name()
    edits = record("dev", **API, api_edits_prompts=True)
    assert edits.named("api-revisions").inputs["scope"].endswith("ingenious-revisions")


def test_it_is_public_only_where_it_is_asked_for(record: Recorder) -> None:
    for public in (False, True):
        recording = record("dev", **API, api_public=public)
        network = recording.one(ENVIRONMENT).inputs["vnetConfiguration"]
        assert network["internal"] is not public
        rules = recording.named("api-subnet-rules").inputs["securityRules"]
        assert rules[0]["sourceAddressPrefix"] == ("Internet" if public else "VirtualNetwork")


def test_a_subnet_that_is_given_is_used(record: Recorder) -> None:
    given = (
        "/subscriptions/s/resourceGroups/g/providers/Microsoft.Network/virtualNetworks/v/subnets/"
    )
    config = {**API, "api_subnet_cidr": None, "api_subnet_id": f"{given}api"}
    recording = record("dev", **config)
    network = recording.one(ENVIRONMENT).inputs["vnetConfiguration"]
    assert network["infrastructureSubnetId"] == f"{given}api"
    assert "api-subnet" not in recording.by_name()
