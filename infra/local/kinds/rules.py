"""Rules of Azure beyond the schema: those that this program could break."""

from __future__ import annotations

import ipaddress
from collections.abc import Callable, Iterator
from typing import Any

from local.kinds.schema import Problem
from local.wire import Values, is_unknown

Rule = Callable[[Values], Iterator[Problem]]


def rule_problems(token: str, inputs: Values) -> list[Problem]:
    """What Azure's own rules refuse in the inputs of `token`; unknown inputs pass."""
    rule = _RULES.get(token.removeprefix("azure-native:"))
    return [] if rule is None or is_unknown(inputs) else list(rule(inputs))


def _account(inputs: Values) -> Iterator[Problem]:
    rules = inputs.get("networkRuleSet", {}).get("ipRules", [])
    for number, rule in enumerate(rules):
        if reason := _bad_range(str(rule.get("iPAddressOrRange"))):
            yield Problem(f"networkRuleSet.ipRules[{number}].iPAddressOrRange", reason)
    encryption = inputs.get("encryption", {})
    if encryption.get("keySource") == "Microsoft.Keyvault" and not encryption.get(
        "keyVaultProperties"
    ):
        yield Problem("encryption.keyVaultProperties", "is required with a key of a key vault")


def _bad_range(text: str) -> str | None:
    """Why the storage firewall does not take an address, or None.

    Source: "Configure Azure Storage firewalls": public IPv4 only, and /31 and /32 written as
    single addresses.
    """
    try:
        network = ipaddress.IPv4Network(text)
    except ValueError:
        return f"{text!r} is neither an IPv4 address nor a range such as 203.0.113.0/24"
    if network.is_private and not network.subnet_of(_DOCUMENTATION):
        return f"{text!r} is private; the firewall takes public addresses only"
    return f"{text!r}: write single addresses" if text.endswith(("/31", "/32")) else None


# Python calls TEST-NET-3 private; it stands for public addresses in examples and tests.
_DOCUMENTATION = ipaddress.IPv4Network("203.0.113.0/24")


def _blob_service(inputs: Values) -> Iterator[Problem]:
    kept = inputs.get("deleteRetentionPolicy", {})
    for name in ("deleteRetentionPolicy", "containerDeleteRetentionPolicy"):
        policy = inputs.get(name, {})
        if policy.get("enabled") and not 1 <= policy.get("days", 0) <= 365:
            yield Problem(f"{name}.days", f"{policy.get('days')} is not from 1 to 365")
    restore: dict[str, Any] = inputs.get("restorePolicy", {})
    if not restore.get("enabled"):
        return
    if not 1 <= restore.get("days", 0) < kept.get("days", 0):
        yield Problem("restorePolicy.days", "is not shorter than deleteRetentionPolicy.days")
    if not (inputs.get("isVersioningEnabled") and inputs.get("changeFeed", {}).get("enabled")):
        yield Problem("restorePolicy", "needs isVersioningEnabled and changeFeed")


def _vault(inputs: Values) -> Iterator[Problem]:
    if inputs["properties"].get("enablePurgeProtection") is False:
        yield Problem(
            "properties.enablePurgeProtection", "cannot be set to false; leave it out instead"
        )


def _global(inputs: Values) -> Iterator[Problem]:
    if str(inputs.get("location", "")).lower() != "global":
        yield Problem("location", f"{inputs.get('location')!r} is not 'global'")


def _role_assignment(inputs: Values) -> Iterator[Problem]:
    if "/roleDefinitions/" not in inputs["roleDefinitionId"]:
        yield Problem("roleDefinitionId", "is not the id of a role definition")


_RULES: dict[str, Rule] = {
    "storage:StorageAccount": _account,
    "storage:BlobServiceProperties": _blob_service,
    "keyvault:Vault": _vault,
    "monitor:ActionGroup": _global,
    "monitor:ActivityLogAlert": _global,
    "monitor:MetricAlert": _global,
    "privatedns:PrivateZone": _global,
    "privatedns:VirtualNetworkLink": _global,
    "authorization:RoleAssignment": _role_assignment,
}
