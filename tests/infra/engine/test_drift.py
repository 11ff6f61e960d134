"""Changes made by hand are found by refresh, and the next up takes them back."""

from __future__ import annotations

from tests.infra.engine.conftest import REAL, NewStack
from tests.support.pulumi import LocalCloud

pytestmark = REAL


def only(cloud: LocalCloud, ending: str) -> str:
    """The id of the one resource of the type `ending`."""
    [found] = [key for key in cloud.records() if key.split("/")[-2] == ending]
    return found


def test_a_setting_changed_by_hand_is_found_and_taken_back(
    cloud: LocalCloud, new_stack: NewStack
) -> None:
    stack = new_stack("dev")
    stack.up()
    before, account = cloud.records(), only(cloud, "storageAccounts")

    assert stack.refresh().keys() == {"same"}
    cloud.change(account, allowBlobPublicAccess=True)
    assert stack.refresh()["update"] == 1

    assert stack.up()["update"] == 1
    assert cloud.records() == before


def test_what_was_deleted_by_hand_is_found_and_made_again(
    cloud: LocalCloud, new_stack: NewStack
) -> None:
    stack = new_stack("dev")
    stack.up()
    before = cloud.records()

    cloud.forget(only(cloud, "managementPolicies"))
    with cloud.blob_client(stack.account) as client:
        client.delete_container("ingenious-data")
    assert stack.refresh()["delete"] == 2

    stack.up()

    assert cloud.records() == before
    assert "ingenious-data" in cloud.containers(stack.account)
