"""A failure in the middle of an up, and what Azure refuses."""

from __future__ import annotations

import pytest

from tests.infra.engine.conftest import REAL, NewStack
from tests.support.pulumi import LocalCloud, LocalStack, StackError

pytestmark = REAL

_PROGRAMS = "tests.infra.engine.refused_programs"


@pytest.mark.parametrize("number", [1, 2, 7, 20])
def test_the_next_up_completes_what_a_failure_left(
    number: int, cloud: LocalCloud, new_stack: NewStack
) -> None:
    stack = new_stack("dev")
    stack.variables = {"LOCAL_AZURE_FAIL_CREATE": str(number)}
    with pytest.raises(StackError, match="This create was chosen to fail"):
        stack.up()
    left = cloud.records()

    stack.variables = {}
    completed = stack.up()

    assert completed.get("same", 0) >= len(left)
    assert completed["create"] >= 1
    assert left.items() <= cloud.records().items()
    assert stack.up().keys() == {"same"}


def test_an_account_name_that_is_taken_is_refused_before_anything_is_made(
    cloud: LocalCloud, new_stack: NewStack
) -> None:
    first = new_stack("dev")
    first.up()
    before = cloud.records()
    second = new_stack("dev", account_name=first.account)
    first.program = second.program = f"{_PROGRAMS}:infra_where_every_account_exists"

    with pytest.raises(StackError) as refused:
        second.up()

    said = {error.rpartition("ingenious-storage:")[2] for error in refused.value.errors}
    assert len(said) == 1  # the Automation API repeats what ends a program
    assert said.pop().startswith(f"account_name is '{first.account}', which is taken; allowed: ")
    assert cloud.records() == before
    assert first.up().keys() == {"same"}


def test_a_name_that_dns_does_not_know_yet_is_refused_at_the_create(new_stack: NewStack) -> None:
    first = new_stack("dev")
    first.up()

    with pytest.raises(StackError) as refused:
        new_stack("dev", account_name=first.account).up()

    message = f"The storage account named {first.account} is already taken."
    assert refused.value.errors == [f"error: StorageAccountAlreadyTaken: {message}"]


@pytest.mark.parametrize(
    ("program", "message"),
    [
        ("orphan", "ParentResourceNotFound: Failed to perform 'write' on resource"),
        ("lost", "ResourceGroupNotFound: Resource group 'nowhere' could not be found."),
        ("bogus_sku", "sku.name: 'Standard_BOGUS' is not one of Standard_LRS, Standard_GRS"),
        ("capital", "accountName: 'Capital' is not 3 to 24 lower-case letters and digits"),
        ("too_long", "accountName: 'a{25}' is not 3 to 24 lower-case letters and digits"),
    ],
)
def test_what_azure_refuses(program: str, message: str, cloud: LocalCloud) -> None:
    stack = LocalStack(cloud, program, {}, program=f"{_PROGRAMS}:{program}")

    with pytest.raises(StackError, match=message) as refused:
        stack.up()

    assert len(refused.value.errors) == 1
