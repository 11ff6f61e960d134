"""Local Azure's provider, without an engine and without Azurite."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from google.protobuf.struct_pb2 import Struct

from local.cloud import LocalAzure
from local.containers import Containers
from local.differences import differences
from local.errors import CloudError
from local.functions import invoke
from local.kinds.checks import problems
from local.kinds.schema import names
from local.kinds.table import TOKENS, kind_of
from local.state import StateFile
from local.wire import UNKNOWN, plain, to_struct

GROUP = {"resourceGroupName": "rg", "location": "westus"}
ACCOUNT = {
    "accountName": "acme",
    "kind": "StorageV2",
    "location": "westus",
    "resourceGroupName": "rg",
    "sku": {"name": "Standard_LRS"},
}
TOKEN = "azure-native:storage:StorageAccount"


@pytest.fixture
def cloud(tmp_path: Path) -> LocalAzure:
    return LocalAzure(StateFile(tmp_path / "azure.json"), Containers("http://127.0.0.1:1"))


@pytest.mark.parametrize(
    ("change", "path", "reason"),
    [
        ({"sku": {"name": "Standard_BOGUS"}}, "sku.name", "'Standard_BOGUS' is not one of"),
        ({"sku": {}}, "sku.name", "is required"),
        ({"sku": "LRS"}, "sku", "'LRS' is not an object"),
        ({"bogus": 1}, "bogus", "there is no such property"),
        ({"isHnsEnabled": "yes"}, "isHnsEnabled", "'yes' is not true or false"),
        ({"tags": {"a": 1}}, "tags.a", "1 is not a string"),
        ({"networkRuleSet": {"defaultAction": "No"}}, "networkRuleSet.defaultAction", "'No' is"),
        ({"accountName": "A"}, "accountName", "'A' is not 3 to 24 lower-case"),
        ({"accountName": "a" * 25}, "accountName", "is not 3 to 24 lower-case"),
    ],
)
def test_inputs_that_azure_refuses(change: dict[str, Any], path: str, reason: str) -> None:
    [problem] = problems(TOKEN, {**ACCOUNT, **change})

    assert problem.path == path
    assert reason in problem.reason


@pytest.mark.parametrize(
    ("range_", "is_allowed"),
    [("203.0.113.7", True), ("203.0.113.0/24", True), ("10.0.0.0/8", False), ("8.8.8.8/32", False)],
)
def test_what_the_firewall_takes(range_: str, is_allowed: bool) -> None:
    rules = {"defaultAction": "Deny", "ipRules": [{"iPAddressOrRange": range_}]}

    assert (problems(TOKEN, {**ACCOUNT, "networkRuleSet": rules}) == []) is is_allowed


def test_unknown_inputs_pass() -> None:
    assert problems(TOKEN, {**ACCOUNT, "accountName": UNKNOWN, "sku": UNKNOWN}) == []


def test_restore_must_be_shorter_than_soft_delete() -> None:
    service = {
        "accountName": "acme",
        "blobServicesName": "default",
        "changeFeed": {"enabled": True},
        "deleteRetentionPolicy": {"enabled": True, "days": 7},
        "isVersioningEnabled": True,
        "resourceGroupName": "rg",
        "restorePolicy": {"enabled": True, "days": 7},
    }
    token = "azure-native:storage:BlobServiceProperties"

    assert [p.path for p in problems(token, service)] == ["restorePolicy.days"]
    service["restorePolicy"] = {"enabled": True, "days": 6}
    assert problems(token, service) == []


def refusal(call: Callable[[], object]) -> str:
    with pytest.raises(CloudError) as refused:
        call()
    return refused.value.code


def test_what_exists_decides_what_may_be_made(cloud: LocalAzure) -> None:
    def make(token: str, inputs: dict[str, Any]) -> Callable[[], object]:
        return lambda: cloud.create(token, inputs)

    group = "azure-native:resources:ResourceGroup"
    service = {"accountName": "acme", "blobServicesName": "default", "resourceGroupName": "rg"}
    assert refusal(make(TOKEN, ACCOUNT)) == "ResourceGroupNotFound"
    cloud.create(group, GROUP)
    assert refusal(make(group, {**GROUP, "resourceGroupName": "RG"})) == "ResourceExists"
    blob_service = "azure-native:storage:BlobServiceProperties"
    assert refusal(make(blob_service, service)) == "ParentResourceNotFound"
    cloud.create(TOKEN, ACCOUNT)
    cloud.create(group, {**GROUP, "resourceGroupName": "other"})
    again = {**ACCOUNT, "resourceGroupName": "other"}
    assert refusal(make(TOKEN, again)) == "StorageAccountAlreadyTaken"


def test_a_lock_keeps_what_it_is_on_and_what_that_is_in(cloud: LocalAzure) -> None:
    group, _ = cloud.create("azure-native:resources:ResourceGroup", GROUP)
    account, _ = cloud.create(
        "azure-native:managedidentity:UserAssignedIdentity",
        {"resourceName": "acme", "resourceGroupName": "rg"},
    )
    locks = "azure-native:authorization:ManagementLockByScope"
    lock, _ = cloud.create(locks, {"scope": account, "lockName": "keep", "level": "CanNotDelete"})

    assert refusal(lambda: cloud.delete(account)) == "ScopeLocked"
    assert refusal(lambda: cloud.delete(group)) == "ScopeLocked"
    cloud.delete(lock)
    cloud.delete(group)
    assert cloud.read(account) is None


def test_a_create_that_was_chosen_to_fail_makes_nothing(tmp_path: Path) -> None:
    state, containers = StateFile(tmp_path / "azure.json"), Containers("http://127.0.0.1:1")
    cloud = LocalAzure(state, containers, fail_create=2)
    token = "azure-native:resources:ResourceGroup"
    cloud.create(token, GROUP)

    other = {**GROUP, "resourceGroupName": "second"}
    assert refusal(lambda: cloud.create(token, other)) == "InternalServerError"
    assert len(state.read()) == 1
    cloud.create(token, other)


def test_functions(cloud: LocalAzure) -> None:
    get = "azure-native:resources:getResourceGroup"
    name = {"resourceGroupName": "rg"}

    assert "tenantId" in invoke(cloud, "azure-native:authorization:getClientConfig", {})
    assert refusal(lambda: invoke(cloud, get, name)) == "ResourceNotFound"
    cloud.create("azure-native:resources:ResourceGroup", GROUP)
    assert invoke(cloud, get, name)["location"] == "westus"
    cloud.create(TOKEN, ACCOUNT)
    keys = invoke(
        cloud,
        "azure-native:storage:listStorageAccountKeys",
        {"accountName": "acme", "resourceGroupName": "rg"},
    )
    assert "4dabf18193072939515e22adb298388d" in keys["keys"]  # Pulumi's mark of a secret


def test_differences() -> None:
    old = {"a": 1, "b": {"c": [1, 2]}, "location": "Australia East", "gone": 1}
    new = {"a": 1.0, "b": {"c": [1, 3]}, "location": "australiaeast", "new": 1}

    found = {(d.path, d.change) for d in differences(old, new)}

    assert found == {("b.c[1]", "update"), ("gone", "delete"), ("new", "add")}


def test_numbers_and_nulls_on_the_wire() -> None:
    struct = Struct()
    struct.update({"days": 7, "ratio": 99.9, "none": None, "list": [{"none": None, "n": 1}]})

    assert plain(struct) == {"days": 7, "ratio": 99.9, "list": [{"n": 1}]}
    assert isinstance(plain(struct)["days"], int)
    assert plain(to_struct({"a": {"b": [True, "x"]}})) == {"a": {"b": [True, "x"]}}


def test_a_type_without_a_row_is_refused() -> None:
    assert refusal(lambda: kind_of("azure-native:web:WebApp")) == "NotInLocalAzure"


@pytest.mark.parametrize("token", TOKENS)
def test_every_id_is_made_of_inputs_that_the_sdk_has(token: str) -> None:
    assert set(kind_of(token).fields) <= set(names(token))
