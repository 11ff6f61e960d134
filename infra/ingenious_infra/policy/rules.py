"""The table of all policy rules, and the violations of a stack."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from ingenious_infra.policy.access import ACCESS_RULES
from ingenious_infra.policy.account import ACCOUNT_RULES
from ingenious_infra.policy.api import API_RULES
from ingenious_infra.policy.data import DATA_RULES
from ingenious_infra.policy.model import Resource, ResourceRule, Stack, StackRule
from ingenious_infra.policy.operations import OPERATIONS_RULES

RULES: tuple[ResourceRule | StackRule, ...] = (
    *ACCOUNT_RULES,
    *DATA_RULES,
    *ACCESS_RULES,
    *OPERATIONS_RULES,
    *API_RULES,
)


@dataclass(frozen=True, slots=True)
class Violation:
    """What a rule found wrong; `mandatory` stops the update."""

    rule: str
    message: str
    mandatory: bool


def violations(resources: Sequence[Resource]) -> Iterator[Violation]:
    """Run every rule that applies in the stack's environment."""
    stack = Stack(resources)
    for rule in RULES:
        if rule.applies(stack.environment):
            for message in rule.violations(stack):
                yield Violation(rule.name, message, stack.environment in rule.mandatory)
