"""Every control that is one value, for dev, test and prod, from what the program registers."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest

from tests.infra.conftest import Recorder

ENVIRONMENTS = ("dev", "test", "prod")
ACCOUNT = "storage:StorageAccount"
SERVICE = "storage:BlobServiceProperties"


def _same(value: object) -> tuple[object, object, object]:
    return value, value, value


# Resource, path, and the values in dev, test and prod; an absent input reads as None.
CONTROLS: list[tuple[str, str, tuple[object, object, object]]] = [
    (ACCOUNT, "allowSharedKeyAccess", _same(False)),
    (ACCOUNT, "defaultToOAuthAuthentication", _same(True)),
    (ACCOUNT, "enableHttpsTrafficOnly", _same(True)),
    (ACCOUNT, "minimumTlsVersion", _same("TLS1_2")),
    (ACCOUNT, "allowBlobPublicAccess", _same(False)),
    (ACCOUNT, "publicNetworkAccess", ("Enabled", "Enabled", "Disabled")),
    (ACCOUNT, "networkRuleSet.defaultAction", _same("Deny")),
    (ACCOUNT, "networkRuleSet.bypass", _same("AzureServices")),
    (ACCOUNT, "networkRuleSet.ipRules", _same([])),
    (ACCOUNT, "allowCrossTenantReplication", _same(False)),
    (ACCOUNT, "allowedCopyScope", ("AAD", "AAD", "PrivateLink")),
    (ACCOUNT, "isLocalUserEnabled", _same(False)),
    (ACCOUNT, "isSftpEnabled", _same(False)),
    (ACCOUNT, "sasPolicy.sasExpirationPeriod", _same("01.00:00:00")),
    (ACCOUNT, "sasPolicy.expirationAction", ("Log", "Log", "Block")),
    (ACCOUNT, "keyPolicy.keyExpirationPeriodInDays", _same(90)),
    (ACCOUNT, "encryption.requireInfrastructureEncryption", (False, False, True)),
    (ACCOUNT, "encryption.keySource", _same("Microsoft.Storage")),
    (ACCOUNT, "encryption.keyVaultProperties", _same(None)),
    (ACCOUNT, "identity", _same(None)),
    (ACCOUNT, "sku.name", ("Standard_LRS", "Standard_ZRS", "Standard_GZRS")),
    (ACCOUNT, "kind", _same("StorageV2")),
    (ACCOUNT, "isHnsEnabled", _same(False)),
    (ACCOUNT, "tags.environment", ENVIRONMENTS),
    (SERVICE, "blobServicesName", _same("default")),
    (SERVICE, "isVersioningEnabled", _same(True)),
    (SERVICE, "changeFeed.enabled", (False, True, True)),
    (SERVICE, "changeFeed.retentionInDays", (None, 30, 30)),
    (SERVICE, "deleteRetentionPolicy.enabled", _same(True)),
    (SERVICE, "deleteRetentionPolicy.days", (7, 7, 30)),
    (SERVICE, "deleteRetentionPolicy.allowPermanentDelete", _same(False)),
    (SERVICE, "containerDeleteRetentionPolicy.enabled", _same(True)),
    (SERVICE, "containerDeleteRetentionPolicy.days", (7, 7, 30)),
    (SERVICE, "restorePolicy.enabled", _same(False)),
    ("storage:ManagementPolicy", "managementPolicyName", _same("default")),
    ("operationalinsights:Workspace", "features.disableLocalAuth", _same(True)),
    ("operationalinsights:Workspace", "retentionInDays", _same(30)),
    ("monitor:ActionGroup", "location", _same("Global")),
    ("monitor:ActionGroup", "enabled", _same(True)),
    ("monitor:ActivityLogAlert", "location", _same("global")),
]


@pytest.mark.parametrize("environment", ENVIRONMENTS)
@pytest.mark.parametrize(
    ("kind", "path", "values"), CONTROLS, ids=[f"{kind}.{path}" for kind, path, _ in CONTROLS]
)
def test_value(
    record: Recorder, environment: str, kind: str, path: str, values: tuple[object, ...]
) -> None:
    recording = record(environment)
    assert at(recording.one(kind).inputs, path) == values[ENVIRONMENTS.index(environment)]


def at(inputs: Any, path: str) -> Any:
    """Return the input at a dotted path, or None."""
    for step in path.split("."):
        inputs = inputs.get(step) if isinstance(inputs, Mapping) else None
    return inputs


@pytest.mark.parametrize("environment", ENVIRONMENTS)
def test_two_private_containers(record: Recorder, environment: str) -> None:
    containers = record(environment).all("storage:BlobContainer")
    assert {found.name: found.inputs["containerName"] for found in containers} == {
        "data": "ingenious-data",
        "revisions": "ingenious-revisions",
    }
    assert [found.inputs["publicAccess"] for found in containers] == ["None", "None"]
    assert [at(found.inputs, "immutableStorageWithVersioning") for found in containers] == [
        None,
        None,
    ]


@pytest.mark.parametrize(
    ("environment", "heads", "history"), [("dev", 1, 7), ("test", 2, 14), ("prod", 7, 90)]
)
def test_lifecycle_deletes_versions_by_folder_and_no_blob(
    record: Recorder, environment: str, heads: int, history: int
) -> None:
    rules = record(environment).one("storage:ManagementPolicy").inputs["policy"]["rules"]
    assert [rule["enabled"] for rule in rules] == [True] * 4
    assert {
        prefix: rule["definition"]["actions"]
        for rule in rules
        for prefix in rule["definition"]["filters"]["prefixMatch"]
    } == {
        "ingenious-data/conversations/": _delete_versions(heads),
        "ingenious-revisions/prompts/": _delete_versions(heads),
        "ingenious-revisions/labels/": _delete_versions(heads),
        "ingenious-data/history/": _delete_versions(history),
        "ingenious-revisions/history/": _delete_versions(history),
        "ingenious-data/keys/documents/": _delete_versions(1),
        "ingenious-revisions/keys/documents/": _delete_versions(1),
        "ingenious-data/keys/master/": _delete_versions(history),
        "ingenious-revisions/keys/master/": _delete_versions(history),
        "ingenious-data/keys/container.json": _delete_versions(history),
        "ingenious-revisions/keys/container.json": _delete_versions(history),
    }


def _delete_versions(days: int) -> dict[str, Any]:
    return {"version": {"delete": {"daysAfterCreationGreaterThan": days}}}


@pytest.mark.parametrize("environment", ENVIRONMENTS)
def test_prod_is_locked_protected_and_defended(record: Recorder, environment: str) -> None:
    recording, prod = record(environment), environment == "prod"
    protected = {found.name for found in recording.resources if found.protect}
    assert protected == ({"account", "data", "revisions"} if prod else set())
    locks = recording.all("authorization:ManagementLockByScope")
    account = f"/{recording.one(ACCOUNT).inputs['accountName']}"
    assert [lock.inputs["level"] for lock in locks] == (["CanNotDelete"] if prod else [])
    assert all(lock.inputs["scope"].endswith(account) for lock in locks)
    defenders = recording.all("security:DefenderForStorage")
    assert [(found.inputs["settingName"], found.inputs["properties"]) for found in defenders] == (
        [("current", {"isEnabled": True, "overrideSubscriptionLevelSettings": True})]
        if prod
        else []
    )


def test_an_ephemeral_prod_stack_has_neither_lock_nor_protection(record: Recorder) -> None:
    recording = record("prod", "ci-123", ephemeral=True)
    assert recording.all("authorization:ManagementLockByScope") == []
    assert [found for found in recording.resources if found.protect] == []
    assert recording.one(ACCOUNT).inputs["tags"]["ephemeral"] == "true"
    assert recording.outputs["resource_group_name"] == "rg-ingenious-ci-123"


@pytest.mark.parametrize("environment", ENVIRONMENTS)
def test_only_prod_has_a_private_endpoint(record: Recorder, environment: str) -> None:
    kinds = ("network:PrivateEndpoint", "network:PrivateDnsZoneGroup", "privatedns:PrivateZone")
    recording = record(environment)
    for kind in (*kinds, "privatedns:VirtualNetworkLink", "network:Subnet"):
        assert len(recording.all(kind)) == (1 if environment == "prod" else 0), kind


def test_prod_is_reached_by_its_public_name_inside_the_network(record: Recorder) -> None:
    recording = record("prod")
    endpoint = recording.one("network:PrivateEndpoint").inputs
    (connection,) = endpoint["privateLinkServiceConnections"]
    assert connection["groupIds"] == ["blob"]
    assert connection["privateLinkServiceId"].endswith(recording.outputs["storage_account_name"])
    assert endpoint["subnet"]["id"].endswith("/subnets/private-endpoints")
    zone = recording.one("privatedns:PrivateZone").inputs["privateZoneName"]
    assert zone == "privatelink.blob.core.windows.net"
    group = recording.one("network:PrivateDnsZoneGroup").inputs
    assert group["privateEndpointName"] == endpoint["privateEndpointName"]
    assert group["privateDnsZoneConfigs"][0]["privateDnsZoneId"].endswith(f"/{zone}")
    link = recording.one("privatedns:VirtualNetworkLink").inputs
    assert (link["privateZoneName"], link["registrationEnabled"]) == (zone, False)
    assert link["virtualNetwork"]["id"].endswith("/virtualNetworks/vnet-ingenious-prod")
    subnet = recording.one("network:Subnet").inputs
    assert subnet["addressPrefix"] == "10.40.0.0/27"
    assert "id" in subnet["networkSecurityGroup"]


def test_a_given_subnet_is_used(record: Recorder) -> None:
    network = "/subscriptions/s/resourceGroups/hub/providers/Microsoft.Network/virtualNetworks/hub"
    given = f"{network}/subnets/endpoints"
    recording = record("prod", vnet_cidr=None, subnet_cidr=None, subnet_id=given)
    assert recording.one("network:PrivateEndpoint").inputs["subnet"]["id"] == given
    link = recording.one("privatedns:VirtualNetworkLink").inputs
    assert link["virtualNetwork"]["id"] == network
    assert recording.all("network:VirtualNetwork") == []


def test_listed_addresses_are_admitted(record: Recorder) -> None:
    recording = record("dev", allowed_ips=["203.0.113.7/32", "198.51.100.0/24"])
    assert at(recording.one(ACCOUNT).inputs, "networkRuleSet.ipRules") == [
        {"iPAddressOrRange": "203.0.113.7", "action": "Allow"},
        {"iPAddressOrRange": "198.51.100.0/24", "action": "Allow"},
    ]
