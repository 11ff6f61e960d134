"""The policy pack: `pulumi preview --policy-pack policy` runs this and asks it over gRPC.

Building the pack starts its server and never returns, so nothing may import this module.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path

from pulumi_policy import (
    EnforcementLevel,
    Policy,
    PolicyPack,
    ReportViolation,
    ResourceValidationArgs,
    ResourceValidationPolicy,
    StackValidationArgs,
    StackValidationPolicy,
)

# The engine starts this folder by itself; the rules are in the program's package beside it.
sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from ingenious_infra.policy.model import Resource, ResourceRule, Stack, StackRule, environment_of
from ingenious_infra.policy.rules import RULES


def _policies() -> list[Policy]:
    """One policy a rule and level: a rule may stop an update in prod and only advise in dev."""
    return [
        policy
        for rule in RULES
        for policy in (
            _policy(rule, rule.name, EnforcementLevel.MANDATORY, rule.mandatory),
            _policy(rule, f"{rule.name}-advice", EnforcementLevel.ADVISORY, rule.advisory),
        )
        if policy is not None
    ]


def _policy(
    rule: ResourceRule | StackRule,
    name: str,
    level: EnforcementLevel,
    environments: frozenset[str],
) -> Policy | None:
    if not environments:
        return None
    description = f"{rule.description} ({', '.join(rule.sources)})"
    if isinstance(rule, ResourceRule):
        return ResourceValidationPolicy(
            name=name,
            description=description,
            validate=_resource_check(rule, environments),
            enforcement_level=level,
        )
    return StackValidationPolicy(
        name=name,
        description=description,
        validate=_stack_check(rule, environments),
        enforcement_level=level,
    )


def _resource_check(
    rule: ResourceRule, environments: frozenset[str]
) -> Callable[[ResourceValidationArgs, ReportViolation], None]:
    def validate(args: ResourceValidationArgs, report: ReportViolation) -> None:
        if args.resource_type != f"azure-native:{rule.kind}":
            return
        if environment_of(args.props) in environments:
            for message in rule.check(args.props):
                report(message, None)

    return validate


def _stack_check(
    rule: StackRule, environments: frozenset[str]
) -> Callable[[StackValidationArgs, ReportViolation], None]:
    def validate(args: StackValidationArgs, report: ReportViolation) -> None:
        stack = Stack(
            [
                Resource(found.resource_type, found.name, found.props, found.opts.protect)
                for found in args.resources
            ]
        )
        if stack.environment in environments:
            for message in rule.check(stack):
                report(message, None)

    return validate


PolicyPack(name="ingenious-storage", policies=_policies())
