"""Access: who may do what, and by which key the account is encrypted."""

from __future__ import annotations

from uuid import UUID

import pytest

from tests.infra.conftest import Recorder
from tests.infra.program.recorder import SUBSCRIPTION, Recording

ENVIRONMENTS = ("dev", "test", "prod")
CONTRIBUTOR = "ba92f5b4-2d11-453d-a403-e96b0029c9fe"
READER = "2a2b9908-6ea1-4ae2-8e65-a410df84e7d1"
ADA = "0b5c9f5e-6f0c-4a3e-9d43-6d0b1f5a7c11"
CI = "1c6d0a6f-7a1d-4b4f-8e54-7e1c2a6b8d22"


def _grants(recording: Recording) -> set[tuple[str, str, str, str]]:
    """Return principal, its type, the last part of the scope, and the role's GUID."""
    return {
        (
            found.inputs["principalId"],
            found.inputs["principalType"],
            found.inputs["scope"].rpartition("/")[2],
            found.inputs["roleDefinitionId"].rpartition("/")[2],
        )
        for found in recording.all("authorization:RoleAssignment")
    }


OWN = {
    ("principal-of-application", "ServicePrincipal", "ingenious-data", CONTRIBUTOR),
    ("principal-of-application", "ServicePrincipal", "ingenious-revisions", READER),
    ("principal-of-publisher", "ServicePrincipal", "ingenious-revisions", CONTRIBUTOR),
}


@pytest.mark.parametrize("environment", ENVIRONMENTS)
def test_the_application_writes_data_and_the_publisher_revisions(
    record: Recorder, environment: str
) -> None:
    recording = record(environment)
    assert _grants(recording) == OWN
    identities = recording.all("managedidentity:UserAssignedIdentity")
    assert {found.name for found in identities} == {"application", "publisher"}
    roles = {
        found.inputs["roleDefinitionId"] for found in recording.all("authorization:RoleAssignment")
    }
    prefix = f"/subscriptions/{SUBSCRIPTION}/providers/Microsoft.Authorization/roleDefinitions/"
    assert roles == {prefix + CONTRIBUTOR, prefix + READER}


def test_people_and_ci_are_admitted_by_object_id(record: Recorder) -> None:
    recording = record("dev", people=[ADA], publisher_principals=[CI], application_principals=[CI])
    assert _grants(recording) == OWN | {
        (ADA, "User", "ingenious-data", CONTRIBUTOR),
        (ADA, "User", "ingenious-revisions", READER),
        (CI, "ServicePrincipal", "ingenious-data", CONTRIBUTOR),
        (CI, "ServicePrincipal", "ingenious-revisions", READER),
        (CI, "ServicePrincipal", "ingenious-revisions", CONTRIBUTOR),
    }


def test_names_of_assignments_are_guids_that_a_second_run_repeats(record: Recorder) -> None:
    first, second = record("dev"), record("dev", tags={"team": "agents"})
    names = [
        [
            found.inputs["roleAssignmentName"]
            for found in recording.all("authorization:RoleAssignment")
        ]
        for recording in (first, second)
    ]
    assert sorted(names[0]) == sorted(names[1])
    assert {UUID(name).version for name in names[0]} == {5}
    other = record("dev", "ci-7").all("authorization:RoleAssignment")
    assert not {found.inputs["roleAssignmentName"] for found in other} & set(names[0])


def test_a_repository_signs_in_for_one_environment(record: Recorder) -> None:
    recording = record("test", ci_repository="acme/agents")
    credential = recording.one("managedidentity:FederatedIdentityCredential").inputs
    assert credential["issuer"] == "https://token.actions.githubusercontent.com"
    assert credential["subject"] == "repo:acme/agents:environment:test"
    assert credential["audiences"] == ["api://AzureADTokenExchange"]
    assert credential["resourceName"] == "id-ingenious-test-publisher"
    assert record("test").all("managedidentity:FederatedIdentityCredential") == []


def test_a_role_without_container_delete_takes_contributor_s_place(record: Recorder) -> None:
    recording = record("dev", keep_containers=True)
    role = recording.one("authorization:RoleDefinition").inputs
    (permission,) = role["permissions"]
    containers = "Microsoft.Storage/storageAccounts/blobServices/containers"
    assert permission["actions"] == [f"{containers}/read"]
    assert permission["dataActions"] == [
        f"{containers}/blobs/{verb}"
        for verb in ("read", "write", "delete", "add/action", "move/action")
    ]
    roles = {role for _, _, _, role in _grants(recording)}
    assert roles == {role["roleDefinitionId"], READER}


@pytest.mark.parametrize("environment", ENVIRONMENTS)
def test_a_customer_s_key_has_no_version_and_rotates(record: Recorder, environment: str) -> None:
    recording = record(environment, customer_managed_key=True)
    account = recording.named("account").inputs
    vault = recording.one("keyvault:Vault").inputs
    identity = recording.named("encryption").inputs["resourceName"]
    encryption = account["encryption"]
    assert encryption["keySource"] == "Microsoft.Keyvault"
    assert encryption["keyVaultProperties"] == {
        "keyName": "account-key",
        "keyVaultUri": f"https://{vault['vaultName']}.vault.azure.net/",
    }
    (assigned,) = account["identity"]["userAssignedIdentities"]
    assert assigned.endswith(f"/{identity}")
    assert encryption["encryptionIdentity"] == {"encryptionUserAssignedIdentity": assigned}
    grant = recording.named("encryption-account-key").inputs
    assert grant["scope"].endswith(f"/vaults/{vault['vaultName']}/keys/account-key")
    assert grant["roleDefinitionId"].endswith("/e147488a-f6f5-4113-8e2d-b22465e65bf6")
    assert recording.outputs["key_vault_key_id"] is None


@pytest.mark.parametrize("environment", ENVIRONMENTS)
def test_the_vault(record: Recorder, environment: str) -> None:
    recording = record(environment, customer_managed_key=True, client_side_key=True)
    vault, prod = recording.one("keyvault:Vault"), environment == "prod"
    properties = vault.inputs["properties"]
    assert properties["enablePurgeProtection"] is True
    assert properties["enableRbacAuthorization"] is True
    assert properties["softDeleteRetentionInDays"] == 90
    assert properties["networkAcls"] == {
        "bypass": "AzureServices",
        "defaultAction": "Deny",
        "ipRules": [],
    }
    assert properties["publicNetworkAccess"] == ("Disabled" if prod else "Enabled")
    assert vault.protect is prod
    for key in recording.all("keyvault:Key"):
        (action,) = key.inputs["properties"]["rotationPolicy"]["lifetimeActions"]
        assert action == {"action": {"type": "rotate"}, "trigger": {"timeAfterCreate": "P1Y"}}
    endpoints = [found.name for found in recording.all("network:PrivateEndpoint")]
    assert sorted(endpoints) == (["blob-endpoint", "vault-endpoint"] if prod else [])


def test_who_writes_may_use_the_client_side_key(record: Recorder) -> None:
    """A publisher's revisions are encrypted too; the application only reads them."""
    recording = record("dev", client_side_key=True, people=[ADA], publisher_principals=[CI])
    vault = recording.one("keyvault:Vault").inputs["vaultName"]
    crypto_user = "12338af0-0e69-4776-bea7-57ae8d297424"
    keyed = {grant for grant in _grants(recording) if grant[2] == "client-key"}
    assert keyed == {
        ("principal-of-application", "ServicePrincipal", "client-key", crypto_user),
        ("principal-of-publisher", "ServicePrincipal", "client-key", crypto_user),
        (CI, "ServicePrincipal", "client-key", crypto_user),
        (ADA, "User", "client-key", crypto_user),
    }
    assert recording.outputs["key_vault_key_id"] == (
        f"https://{vault}.vault.azure.net/keys/client-key"
    )
    assert recording.named("account").inputs["encryption"]["keySource"] == "Microsoft.Storage"
