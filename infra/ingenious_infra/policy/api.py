"""Rules on the API, where a stack runs it: who is let in, from where, and what it keeps secret."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from ingenious_infra.policy.model import (
    PROD,
    Props,
    ResourceRule,
    Stack,
    StackRule,
    allow,
    at,
    at_least,
    given,
    off,
    on,
)
from ingenious_infra.policy.operations import all_logged

_APP, _ENVIRONMENT = "app:ContainerApp", "app:ManagedEnvironment"
_SIGN_IN = ("INGENIOUS_API__ISSUER", "INGENIOUS_API__AUDIENCE", "INGENIOUS_API__ROLES")
_SECRET_WORDS = ("SECRET", "PASSWORD", "CONNECTION_STRING", "ACCOUNT_KEY", "SAS_TOKEN", "HEADERS")
_PROBES = {"Startup", "Liveness", "Readiness"}


def _variables(props: Props) -> Iterator[Any]:
    for container in at(props, "template.containers") or []:
        yield from at(container, "env") or []


def _authenticates(props: Props) -> Iterator[str]:
    values = {at(each, "name"): at(each, "value") for each in _variables(props)}
    for name in _SIGN_IN:
        if not values.get(name):
            yield f"the variable {name} is not set; allowed: set, so that tokens are checked"


def _no_plain_secret(props: Props) -> Iterator[str]:
    for each in _variables(props):
        name = str(at(each, "name"))
        if at(each, "value") and any(word in name for word in _SECRET_WORDS):
            yield f"the variable {name} holds its value; allowed: secretRef"
    for secret in at(props, "configuration.secrets") or []:
        if at(secret, "value"):
            yield f"the secret {at(secret, 'name')} holds its value; allowed: keyVaultUrl"


def _probed(props: Props) -> Iterator[str]:
    for container in at(props, "template.containers") or []:
        there = {at(probe, "type") for probe in at(container, "probes") or []}
        for missing in sorted(_PROBES - there):
            yield f"{at(container, 'name')} has no {missing} probe; allowed: one"


def _logged(stack: Stack) -> Iterator[str]:
    if stack.all(_ENVIRONMENT) and not all_logged(stack):
        yield "no diagnostic setting of the API's environment; allowed: one"


API_RULES = (
    ResourceRule(
        name="api-https-only",
        sources=("Azure.ContainerApp.Insecure",),
        description="The API answers over HTTPS only.",
        kind=_APP,
        check=off("configuration.ingress.allowInsecure"),
    ),
    ResourceRule(
        name="api-identity",
        sources=("Azure.ContainerApp.ManagedIdentity",),
        description="The API signs in by the application's identity.",
        kind=_APP,
        check=allow("identity.type", "UserAssigned"),
    ),
    ResourceRule(
        name="api-authenticates",
        sources=("WAF SE:05",),
        description="The API checks tokens of one issuer for one audience.",
        kind=_APP,
        check=_authenticates,
    ),
    ResourceRule(
        name="api-no-plain-secret",
        sources=("WAF SE:09",),
        description="Secrets of the API come from a vault.",
        kind=_APP,
        check=_no_plain_secret,
    ),
    ResourceRule(
        name="api-probes",
        sources=("WAF RE:07",),
        description="Azure restarts what does not answer, and sends nothing to what is not ready.",
        kind=_APP,
        check=_probed,
    ),
    ResourceRule(
        name="api-replicas",
        sources=("Azure.ContainerApp.MinReplicas",),
        description="In prod a replica can be lost.",
        kind=_APP,
        check=at_least("template.scale.minReplicas", 2),
        mandatory=PROD,
    ),
    ResourceRule(
        name="api-in-network",
        sources=("WAF SE:06",),
        description="The API is in a network, from which it reaches the account.",
        kind=_ENVIRONMENT,
        check=given("vnetConfiguration.infrastructureSubnetId"),
    ),
    ResourceRule(
        name="api-internal",
        sources=("Azure.ContainerApp.PublicAccess",),
        description="In prod the API has no public address; a gateway stands in front.",
        kind=_ENVIRONMENT,
        check=on("vnetConfiguration.internal"),
        mandatory=PROD,
    ),
    ResourceRule(
        name="api-zones",
        sources=("Azure.ContainerApp.AvailabilityZone",),
        description="In prod the API works when a zone does not.",
        kind=_ENVIRONMENT,
        check=on("zoneRedundant"),
        mandatory=PROD,
    ),
    StackRule(
        name="api-logs",
        sources=("WAF OE:07",),
        description="What the API logs is kept in the workspace.",
        check=_logged,
    ),
)
