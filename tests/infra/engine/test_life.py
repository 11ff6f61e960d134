"""A stack's life on local Azure: up, no change, a changed tag, destroy."""

from __future__ import annotations

import pytest

from tests.infra.conftest import API
from tests.infra.engine.conftest import REAL, NewStack
from tests.support.pulumi import LocalCloud, StackError

pytestmark = REAL
CONTAINERS = {"ingenious-data", "ingenious-revisions"}


@pytest.mark.parametrize("environment", ["dev", "test", "prod"])
def test_up_again_changes_nothing_and_a_tag_changes_in_place(
    environment: str, cloud: LocalCloud, new_stack: NewStack
) -> None:
    stack = new_stack(environment)

    assert stack.up().keys() == {"create"}
    assert cloud.containers(stack.account) == CONTAINERS
    before = cloud.records()

    assert stack.up().keys() == {"same"}
    assert cloud.records() == before

    stack.config = {**stack.config, "tags": {"team": "search"}}
    tagged = {key for key, record in before.items() if "tags" in record["properties"]}
    changes = stack.up()
    after = cloud.records()
    assert changes == {"update": len(tagged), "same": changes["same"]}
    assert before.keys() == after.keys()
    assert {after[key]["properties"]["tags"]["team"] for key in tagged} == {"search"}


@pytest.mark.parametrize("environment", ["dev", "test"])
def test_destroy_leaves_nothing(environment: str, cloud: LocalCloud, new_stack: NewStack) -> None:
    stack = new_stack(environment)
    stack.up()

    stack.destroy()

    assert cloud.records() == {}
    assert cloud.containers(stack.account) == set()


def test_both_keys_of_a_vault(cloud: LocalCloud, new_stack: NewStack) -> None:
    stack = new_stack("dev", customer_managed_key=True, client_side_key=True)

    assert stack.up().keys() == {"create"}
    account = stack.outputs["storage_account_name"]
    (encrypted,) = (
        record["properties"] for key, record in cloud.records().items() if key.endswith(account)
    )
    assert encrypted["encryption"]["keySource"] == "Microsoft.Keyvault"
    assert stack.outputs["key_vault_key_id"].startswith("https://kv-")
    assert stack.refresh().keys() == {"same"}
    assert stack.up().keys() == {"same"}

    stack.destroy()
    assert cloud.records() == {}


def test_the_api(cloud: LocalCloud, new_stack: NewStack) -> None:
    stack = new_stack("dev", **API, client_side_key=True)

    assert stack.up().keys() == {"create"}
    assert stack.outputs["api_url"].startswith("https://ca-ingenious-")
    assert stack.refresh().keys() == {"same"}
    assert stack.up().keys() == {"same"}

    stack.config = {**stack.config, "api_image": "acme.azurecr.io/ingenious-storage:1.1"}
    changes = stack.up()
    assert changes == {"update": 1, "same": changes["same"]}

    stack.destroy()
    assert cloud.records() == {}


def test_prod_is_destroyed_only_when_it_is_no_longer_protected(
    cloud: LocalCloud, new_stack: NewStack
) -> None:
    stack = new_stack("prod")
    stack.up()
    before = cloud.records()

    with pytest.raises(StackError, match="protected"):
        stack.preview_destroy()
    assert cloud.records() == before
    with pytest.raises(StackError, match="protected"):
        stack.destroy()
    kept = {key for key in cloud.records() if holds_data(key)}
    assert kept == {key for key in before if holds_data(key)}
    assert cloud.containers(stack.account) == CONTAINERS

    stack.config = {**stack.config, "ephemeral": True}
    stack.up()
    stack.destroy()

    assert cloud.records() == {}
    assert cloud.containers(stack.account) == set()


def holds_data(resource_id: str) -> bool:
    return resource_id.split("/")[-2] in {"storageAccounts", "containers"}
