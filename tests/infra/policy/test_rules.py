"""Program against policies, and each rule against an input that it must refuse."""

from __future__ import annotations

import copy
import dataclasses
from typing import Any

import pytest

from ingenious_infra.policy.model import Resource
from ingenious_infra.policy.rules import RULES, violations
from tests.infra.conftest import API, Recorder
from tests.infra.policy.resources import resources_of

ENVIRONMENTS = ("dev", "test", "prod")
FULL: dict[str, Any] = {
    "customer_managed_key": True,
    "client_side_key": True,
    "ci_repository": "acme/agents",
}

WITH_API: dict[str, Any] = {
    **API,
    "api_session_secret_uri": "https://kv-acme.vault.azure.net/secrets/console",
}

CONFIGS: list[dict[str, Any]] = [
    {},
    FULL,
    {**FULL, "keep_containers": True},
    {"point_in_time_restore_days": 5, "allowed_ips": ["203.0.113.7"]},
    {"ephemeral": True},
    WITH_API,
    {**WITH_API, **FULL, "api_edits_prompts": True},
]


@pytest.mark.parametrize(
    "environment", ["dev", pytest.param("test", marks=pytest.mark.slow), "prod"]
)
@pytest.mark.parametrize(
    "config",
    CONFIGS,
    ids=["default", "keys", "role", "restore", "ephemeral", "api", "api-full"],
)
def test_what_the_program_registers_violates_nothing(
    record: Recorder, environment: str, config: dict[str, Any]
) -> None:
    assert list(violations(resources_of(record(environment, **config)))) == []


def test_immutable_versions_in_prod_violate_nothing(record: Recorder) -> None:
    resources = resources_of(record("prod", version_immutability=True))
    assert list(violations(resources)) == []


DROP = object()
ACCOUNT, SERVICE, LIFECYCLE = "account", "blob-service", "lifecycle"
_VERSIONS = "definition.actions.version.delete.daysAfterCreationGreaterThan"

# Rule, environment, resource by its logical name, path of an input, and a value to refuse;
# DROP removes the input, or the whole resource where the path is empty.
REFUSED: list[tuple[str, str, str, str, object]] = [
    ("storage-environment-tag", "dev", ACCOUNT, "tags.environment", DROP),
    ("storage-environment-tag", "dev", ACCOUNT, "tags.environment", "staging"),
    ("storage-shared-key-off", "prod", ACCOUNT, "allowSharedKeyAccess", True),
    ("storage-shared-key-off", "dev", ACCOUNT, "allowSharedKeyAccess", DROP),
    ("storage-portal-oauth", "dev", ACCOUNT, "defaultToOAuthAuthentication", False),
    ("storage-https-only", "dev", ACCOUNT, "enableHttpsTrafficOnly", False),
    ("storage-tls", "dev", ACCOUNT, "minimumTlsVersion", "TLS1_1"),
    ("storage-anonymous-off", "dev", ACCOUNT, "allowBlobPublicAccess", True),
    ("storage-firewall", "dev", ACCOUNT, "networkRuleSet.defaultAction", "Allow"),
    ("storage-firewall", "dev", ACCOUNT, "networkRuleSet.bypass", "None"),
    ("storage-firewall", "dev", ACCOUNT, "networkRuleSet", DROP),
    ("storage-public-network-off", "prod", ACCOUNT, "publicNetworkAccess", "Enabled"),
    ("storage-cross-tenant-replication-off", "dev", ACCOUNT, "allowCrossTenantReplication", True),
    ("storage-copy-scope", "dev", ACCOUNT, "allowedCopyScope", DROP),
    ("storage-copy-scope-private", "prod", ACCOUNT, "allowedCopyScope", "AAD"),
    ("storage-local-users-off", "dev", ACCOUNT, "isLocalUserEnabled", True),
    ("storage-local-users-off", "dev", ACCOUNT, "isSftpEnabled", True),
    ("storage-sas-policy", "dev", ACCOUNT, "sasPolicy.sasExpirationPeriod", "07.00:00:00"),
    ("storage-sas-policy", "dev", ACCOUNT, "sasPolicy", DROP),
    ("storage-sas-policy-blocks", "prod", ACCOUNT, "sasPolicy.expirationAction", "Log"),
    ("storage-key-rotation", "dev", ACCOUNT, "keyPolicy.keyExpirationPeriodInDays", 91),
    ("storage-key-rotation", "dev", ACCOUNT, "keyPolicy", DROP),
    (
        "storage-double-encryption",
        "prod",
        ACCOUNT,
        "encryption.requireInfrastructureEncryption",
        False,
    ),
    (
        "storage-customer-managed-key",
        "dev",
        ACCOUNT,
        "encryption.keyVaultProperties.keyVersion",
        "1",
    ),
    ("storage-customer-managed-key", "dev", ACCOUNT, "encryption.encryptionIdentity", DROP),
    ("storage-redundancy", "prod", ACCOUNT, "sku.name", "Standard_LRS"),
    ("storage-redundancy-zones", "test", ACCOUNT, "sku.name", "Standard_LRS"),
    ("storage-flat-namespace", "dev", ACCOUNT, "isHnsEnabled", True),
    ("blob-versioning", "dev", SERVICE, "isVersioningEnabled", False),
    ("blob-soft-delete", "dev", SERVICE, "deleteRetentionPolicy.enabled", False),
    ("blob-soft-delete", "dev", SERVICE, "deleteRetentionPolicy.days", 6),
    ("blob-soft-delete", "dev", SERVICE, "deleteRetentionPolicy.allowPermanentDelete", True),
    ("container-soft-delete", "dev", SERVICE, "containerDeleteRetentionPolicy.days", 6),
    ("blob-restore-window", "test", SERVICE, "restorePolicy", {"enabled": True, "days": 7}),
    ("blob-restore-window", "dev", SERVICE, "restorePolicy", {"enabled": True, "days": 5}),
    ("container-private", "dev", "data", "publicAccess", "Blob"),
    (
        "lifecycle-keeps-blobs",
        "dev",
        LIFECYCLE,
        "policy.rules.0.definition.actions.baseBlob",
        {"delete": {"daysAfterModificationGreaterThan": 90}},
    ),
    ("lifecycle-limits-versions", "dev", LIFECYCLE, f"policy.rules.0.{_VERSIONS}", 2),
    ("lifecycle-limits-versions", "prod", LIFECYCLE, f"policy.rules.1.{_VERSIONS}", 365),
    ("lifecycle-limits-versions", "dev", LIFECYCLE, "policy.rules.1.enabled", False),
    ("lifecycle-limits-versions", "prod", LIFECYCLE, f"policy.rules.2.{_VERSIONS}", 2),
    ("lifecycle-limits-versions", "test", LIFECYCLE, "policy.rules.2.enabled", False),
    ("lifecycle-limits-versions", "test", LIFECYCLE, f"policy.rules.3.{_VERSIONS}", 15),
    ("lifecycle-limits-versions", "prod", LIFECYCLE, "policy.rules.3.enabled", False),
    (
        "lifecycle-limits-versions",
        "dev",
        LIFECYCLE,
        "policy.rules.3.definition.filters.prefixMatch",
        ["ingenious-data/keys/master/"],
    ),
    ("lifecycle-limits-versions", "dev", LIFECYCLE, "", DROP),
    ("blob-change-feed", "test", SERVICE, "changeFeed.enabled", False),
    ("blob-change-feed", "prod", SERVICE, "changeFeed.retentionInDays", 7),
    ("soft-delete-prod", "prod", SERVICE, "containerDeleteRetentionPolicy.days", 29),
    ("immutability", "dev", "data", "immutableStorageWithVersioning", {"enabled": True}),
    ("containers", "dev", "revisions", "", DROP),
    ("containers", "dev", SERVICE, "", DROP),
    ("private-endpoint", "prod", "blob-endpoint", "", DROP),
    ("private-endpoint", "prod", "blob-zone", "", DROP),
    ("private-endpoint", "prod", "blob-zone-link", "", DROP),
    ("private-endpoint", "prod", "blob-zone-group", "", DROP),
    ("subnet-network-security-group", "prod", "subnet", "networkSecurityGroup", DROP),
    ("role-scope", "dev", "application-data", "scope", "/subscriptions/s/resourceGroups/g"),
    ("role-scope", "dev", "application-client-key", "scope", "/subscriptions/s"),
    (
        "role-scope",
        "dev",
        "application-data",
        "roleDefinitionId",
        # Storage Blob Data Owner.
        "/providers/Microsoft.Authorization/roleDefinitions/b7e6dc6d-f1e8-4753-8033-0f276bb0955b",
    ),
    ("role-principal-type", "dev", "application-data", "principalType", DROP),
    ("role-custom-narrow", "dev", "blob-writer", "permissions.0.actions", ["*"]),
    ("federated-subject", "dev", "publisher-github", "subject", "repo:acme/agents:pull_request"),
    ("federated-subject", "dev", "publisher-github", "subject", "repo:acme/*:environment:dev"),
    ("vault-recoverable", "dev", "vault", "properties.enablePurgeProtection", False),
    ("vault-rbac", "dev", "vault", "properties.enableRbacAuthorization", False),
    ("vault-firewall", "dev", "vault", "properties.networkAcls.defaultAction", "Allow"),
    ("vault-public-network-off", "prod", "vault", "properties.publicNetworkAccess", "Enabled"),
    ("key-rotation", "dev", "client-key", "properties.rotationPolicy", DROP),
    ("account-locked", "prod", "lock", "", DROP),
    ("account-locked", "prod", "lock", "level", "NotSpecified"),
    ("account-protected", "prod", "data", "protect", False),
    ("defender", "prod", "defender", "", DROP),
    ("defender", "prod", "defender", "properties.isEnabled", False),
    ("blob-logs", "dev", "blob-logs", "", DROP),
    ("blob-logs", "dev", "blob-logs", "logs.0.enabled", False),
    ("vault-logs", "dev", "vault-logs", "", DROP),
    ("alerts", "dev", "alert-availability", "", DROP),
    ("alerts", "dev", "alert-denied", "", DROP),
    ("alerts", "dev", "alert-egress", "enabled", False),
    ("alert-resolves", "dev", "alert-egress", "autoMitigate", False),
    (
        "alert-availability-prod",
        "prod",
        "alert-availability",
        "criteria.allOf.0.threshold",
        90,
    ),
    ("alert-receiver", "prod", "action-group", "emailReceivers", []),
    ("action-group-global", "dev", "action-group", "location", "australiaeast"),
    ("alert-account-deleted", "dev", "alert-account-deleted", "", DROP),
    ("api-https-only", "dev", "api", "configuration.ingress.allowInsecure", True),
    ("api-identity", "dev", "api", "identity", DROP),
    ("api-authenticates", "dev", "api", "template.containers.0.env", []),
    (
        "api-no-plain-secret",
        "dev",
        "api",
        "template.containers.0.env",
        [{"name": "INGENIOUS_STORAGE__ACCOUNT_KEY", "value": "c2VjcmV0"}],
    ),
    (
        "api-no-plain-secret",
        "dev",
        "api",
        "configuration.secrets",
        [{"name": "session-secret", "value": "c2VjcmV0"}],
    ),
    ("api-probes", "dev", "api", "template.containers.0.probes", []),
    ("api-replicas", "prod", "api", "template.scale.minReplicas", 1),
    ("api-in-network", "dev", "api-environment", "vnetConfiguration", DROP),
    ("api-internal", "prod", "api-environment", "vnetConfiguration.internal", False),
    ("api-zones", "prod", "api-environment", "zoneRedundant", False),
    ("api-logs", "dev", "api-logs", "", DROP),
]


@pytest.mark.parametrize("case", REFUSED, ids=lambda case: "-".join(map(str, case[:4])))
def test_refuses(record: Recorder, case: tuple[str, str, str, str, object]) -> None:
    rule, environment, name, path, value = case
    recording = record(environment, **FULL, **WITH_API, keep_containers=True)
    found = list(violations(_changed(resources_of(recording), name, path, value)))
    # Other rules may refuse the same input.
    assert rule in {violation.rule for violation in found}


def test_immutability_and_restore_are_refused_together(record: Recorder) -> None:
    resources = resources_of(record("prod", version_immutability=True))
    restore = {"enabled": True, "days": 5}
    found = violations(_changed(resources, SERVICE, "restorePolicy", restore))
    assert [violation.rule for violation in found] == ["immutability"]


def _changed(resources: list[Resource], name: str, path: str, value: object) -> list[Resource]:
    """Return the resources with one input of one of them changed; fails if there is none."""
    (chosen,) = [found for found in resources if found.name == name]
    others = [found for found in resources if found.name != name]
    if path == "":
        return others
    if path == "protect":
        return [*others, dataclasses.replace(chosen, protect=bool(value))]
    props: Any = copy.deepcopy(chosen.props)
    *steps, last = path.split(".")
    inner = props
    for step in steps:
        inner = inner[int(step)] if isinstance(inner, list) else inner[step]
    if value is DROP:
        del inner[last]
    else:
        inner[last] = value
    return [*others, dataclasses.replace(chosen, props=props)]


def test_every_rule_is_shown_to_refuse_something() -> None:
    assert {rule for rule, *_ in REFUSED} == {rule.name for rule in RULES}


def test_names_are_unique_and_every_rule_says_where_it_comes_from() -> None:
    names = [rule.name for rule in RULES]
    assert len(set(names)) == len(names)
    prefixes = ("CKV_AZURE_", "CKV2_AZURE_", "Azure.", "WAF ", "AMBA ", "AVM ")
    for rule in RULES:
        assert rule.sources, rule.name
        assert all(source.startswith(prefixes) for source in rule.sources), rule.name


@pytest.mark.parametrize("environment", ENVIRONMENTS)
def test_shared_keys_stop_prod_and_are_advised_against_elsewhere(
    record: Recorder, environment: str
) -> None:
    (found,) = violations(resources_of(record(environment, shared_key_access=True)))
    assert found.rule == "storage-shared-key-off"
    assert found.mandatory is (environment == "prod")


def test_an_account_without_a_tag_is_held_to_prod(record: Recorder) -> None:
    resources = _changed(resources_of(record("dev")), ACCOUNT, "tags", {})
    found = {violation.rule for violation in violations(resources)}
    assert {"storage-environment-tag", "storage-public-network-off", "account-locked"} < found
