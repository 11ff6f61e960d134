"""The three programs differ only where the table of controls says so, and in their names."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

import pytest

from tests.infra.conftest import Recorder
from tests.infra.program.recorder import Recording

# Dev to test: a path may end in .* for everything below it.
DEV_TO_TEST = {
    "account.sku.name",
    "blob-service.changeFeed.enabled",
    "blob-service.changeFeed.retentionInDays",
    "lifecycle.policy.rules.0.definition.actions.version.delete.daysAfterCreationGreaterThan",
    "lifecycle.policy.rules.1.definition.actions.version.delete.daysAfterCreationGreaterThan",
    "lifecycle.policy.rules.3.definition.actions.version.delete.daysAfterCreationGreaterThan",
}
TEST_TO_PROD = {
    "account.publicNetworkAccess",
    "account.allowedCopyScope",
    "account.sasPolicy.expirationAction",
    "account.encryption.requireInfrastructureEncryption",
    "account.sku.name",
    "account.protect",
    "blob-service.deleteRetentionPolicy.days",
    "blob-service.containerDeleteRetentionPolicy.days",
    "lifecycle.policy.rules.0.definition.actions.version.delete.daysAfterCreationGreaterThan",
    "lifecycle.policy.rules.1.definition.actions.version.delete.daysAfterCreationGreaterThan",
    "lifecycle.policy.rules.3.definition.actions.version.delete.daysAfterCreationGreaterThan",
    "data.protect",
    "revisions.protect",
    "lock.*",
    "defender.*",
    "virtual-network.*",
    "subnet.*",
    "subnet-rules.*",
    "blob-endpoint.*",
    "blob-zone.*",
    "blob-zone-link.*",
    "blob-zone-group.*",
    "action-group.emailReceivers.*",
    "alert-availability.severity",
    "alert-availability.description",
    "alert-availability.criteria.allOf.0.threshold",
    # The budget that a stack sets, by its default.
    "alert-capacity.description",
    "alert-capacity.criteria.allOf.0.threshold",
}


@pytest.mark.parametrize(
    ("first", "second", "allowed"),
    [("dev", "test", DEV_TO_TEST), ("test", "prod", TEST_TO_PROD)],
)
def test_they_differ_where_the_table_says(
    record: Recorder, first: str, second: str, allowed: set[str]
) -> None:
    one, other = _flat(record(first), first), _flat(record(second), second)
    differing = {path for path in one.keys() | other.keys() if one.get(path) != other.get(path)}
    assert {_allowance(path, allowed) for path in differing} == allowed


def _flat(recording: Recording, environment: str) -> dict[str, object]:
    """Return every input by its path, what is named after the environment made the same."""
    account = recording.outputs["storage_account_name"]
    found: dict[str, object] = {}
    for resource in recording.resources:
        inputs = {**resource.inputs, "type": resource.type, "protect": resource.protect}
        for path, value in _leaves(inputs, resource.name):
            neutral = str(value).replace(account, "ACCOUNT") if isinstance(value, str) else value
            if isinstance(neutral, str):
                neutral = re.sub(rf"(^|[-/]){environment}($|[-/])", r"\1ENV\2", neutral)
            # A GUID made from the stack's name; its own test says that it differs.
            if not path.endswith(".roleAssignmentName"):
                found[path] = neutral
    return found


def _leaves(value: Any, path: str) -> Iterator[tuple[str, object]]:
    items: Iterator[tuple[object, Any]]
    if isinstance(value, Mapping):
        items = iter(value.items())
    elif isinstance(value, list):
        items = iter(enumerate(value))
    else:
        yield path, value
        return
    for key, inner in items:
        yield from _leaves(inner, f"{path}.{key}")


def _allowance(path: str, allowed: set[str]) -> str:
    """Return the line of the table that lets `path` differ, or the path itself."""
    prefixes = [path, *(f"{path[: dot.start()]}.*" for dot in re.finditer(r"\.", path))]
    return next((prefix for prefix in prefixes if prefix in allowed), path)


def test_a_stack_need_not_be_called_after_its_environment(record: Recorder) -> None:
    recording = record("dev", "ci-123")
    assert recording.outputs["environment"] == "dev"
    assert recording.outputs["resource_group_name"] == "rg-ingenious-ci-123"
    assert recording.one("storage:StorageAccount").inputs["tags"] == {
        "environment": "dev",
        "workload": "ingenious",
        "stack": "ci-123",
        "managed-by": "pulumi",
    }


def test_account_names_are_valid_and_each_stacks_own(record: Recorder) -> None:
    stacks = [("dev", "dev"), ("dev", "ci-1"), ("dev", "ci-2"), ("test", "test"), ("prod", "prod")]
    names = [record(*stack).outputs["storage_account_name"] for stack in stacks]
    assert len(set(names)) == len(names)
    assert all(re.fullmatch(r"[a-z0-9]{3,24}", name) for name in names)
    longest = record("test", name="a-fourteen-cha", client_side_key=True)
    assert re.fullmatch(r"[a-z0-9]{3,24}", longest.outputs["storage_account_name"])
    vault = longest.one("keyvault:Vault").inputs["vaultName"]
    assert re.fullmatch(r"[a-z](-?[a-z0-9])+", vault)
    assert len(vault) <= 24
    assert record("dev", account_name="mine1").outputs["storage_account_name"] == "mine1"


@pytest.mark.parametrize("environment", ["dev", "test", "prod"])
def test_outputs(record: Recorder, environment: str) -> None:
    outputs = record(environment).outputs
    account = outputs["storage_account_name"]
    assert outputs == {
        "environment": environment,
        "resource_group_name": f"rg-ingenious-{environment}",
        "storage_account_name": account,
        "storage_endpoint": f"https://{account}.blob.core.windows.net",
        "container_data": "ingenious-data",
        "container_revisions": "ingenious-revisions",
        "application_client_id": "client-of-application",
        "publisher_client_id": "client-of-publisher",
        "key_vault_key_id": None,
        "retention_days": {"dev": 14, "test": 21, "prod": 120}[environment],
        "key_retention_days": None,
        "shared_key_access": False,
    }
    outputs = record(environment, client_side_key=True).outputs
    assert outputs["key_vault_key_id"]
    assert outputs["key_retention_days"] == {"dev": 8, "test": 8, "prod": 31}[environment]


def test_everything_that_can_carry_tags_carries_them(record: Recorder) -> None:
    recording = record("prod", tags={"team": "agents"}, customer_managed_key=True)
    tagged = {found.type for found in recording.resources if "tags" in found.inputs}
    assert {"azure-native:storage:StorageAccount", "azure-native:keyvault:Vault"} < tagged
    for found in recording.resources:
        if found.type in tagged:
            assert found.inputs["tags"]["team"] == "agents", found.name
            assert found.inputs["tags"]["environment"] == "prod", found.name
