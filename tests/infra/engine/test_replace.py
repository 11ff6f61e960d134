"""Replacement of what Azure cannot change; in prod it is refused."""

from __future__ import annotations

import pytest

from tests.infra.engine.conftest import REAL, NewStack
from tests.support.pulumi import LocalCloud, StackError

pytestmark = REAL


def test_a_create_only_change_replaces(cloud: LocalCloud, new_stack: NewStack) -> None:
    stack = new_stack("dev")
    stack.up()

    stack.config = {**stack.config, "container_data": "memories"}

    assert stack.up()["replace"] >= 1
    assert cloud.containers(stack.account) == {"memories", "ingenious-revisions"}


def test_a_changed_region_replaces_all_that_is_in_it(
    cloud: LocalCloud, new_stack: NewStack
) -> None:
    stack = new_stack("dev")
    stack.up()

    stack.config = {**stack.config, "location": "westeurope"}
    assert stack.up()["replace"] > 5

    places = {record["properties"].get("location") for record in cloud.records().values()}
    assert {place.lower() for place in places if place} == {"westeurope", "global"}
    assert len(cloud.containers(stack.account)) == 2


@pytest.mark.parametrize("setting", ["container_data", "location"])
def test_a_create_only_change_is_refused_on_protected_prod(
    setting: str, cloud: LocalCloud, new_stack: NewStack
) -> None:
    stack = new_stack("prod")
    stack.up()
    before = cloud.records()

    stack.config = {**stack.config, setting: "westeurope"}

    with pytest.raises(StackError, match="marked for protection"):
        stack.preview()
    assert cloud.records() == before
