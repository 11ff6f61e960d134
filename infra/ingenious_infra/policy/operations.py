"""Rules on guarding and watching: lock, protection, Defender, logs, alerts."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from ingenious_infra.policy.model import PROD, ResourceRule, Stack, StackRule, allow, at, every, on

_METRICS = {
    "Availability",
    "SuccessE2ELatency",
    "SuccessServerLatency",
    "Egress",
    "Ingress",
    "BlobCapacity",
}
_RESPONSES = {
    "ServerBusyError",
    "ClientThrottlingError",
    "AuthorizationError",
    "ServerTimeoutError",
    "ServerOtherError",
}
_DELETE = "Microsoft.Storage/storageAccounts/delete"


def _locked(stack: Stack) -> Iterator[str]:
    levels = [at(lock.props, "level") for lock in stack.all("authorization:ManagementLockByScope")]
    if not stack.ephemeral and "CanNotDelete" not in levels:
        yield "the account has no lock; allowed: CanNotDelete"


def _protected(stack: Stack) -> Iterator[str]:
    kinds = ("storage:StorageAccount", "storage:BlobContainer", "keyvault:Vault", "keyvault:Key")
    for kind in kinds:
        for found in stack.all(kind):
            if not stack.ephemeral and not found.protect:
                yield f"{found.name}: protect is off; allowed: on"


def _defended(stack: Stack) -> Iterator[str]:
    settings = stack.all("security:DefenderForStorage")
    if not any(at(found.props, "properties.isEnabled") is True for found in settings):
        yield "Defender for Storage is off; allowed: on"


def _logged(stack: Stack) -> Iterator[str]:
    for found in stack.all("monitor:DiagnosticSetting"):
        logs = {at(log, "categoryGroup") for log in at(found.props, "logs") or [] if _enabled(log)}
        metrics = {at(one, "category") for one in at(found.props, "metrics") or [] if _enabled(one)}
        if "allLogs" in logs and "Transaction" in metrics:
            return
    yield "no diagnostic setting sends allLogs and Transaction; allowed: one on the blob service"


def _enabled(setting: object) -> bool:
    return at(setting, "enabled") is True


def _vault_logged(stack: Stack) -> Iterator[str]:
    if stack.all("keyvault:Vault") and not all_logged(stack):
        yield "the vault has no diagnostic setting; allowed: one each"


def all_logged(stack: Stack) -> bool:
    """Whether there are as many diagnostic settings as things to log: ids are not known yet."""
    watched = ("keyvault:Vault", "app:ManagedEnvironment")
    things = 1 + sum(len(stack.all(kind)) for kind in watched)
    return len(stack.all("monitor:DiagnosticSetting")) >= things


def _alerted(stack: Stack) -> Iterator[str]:
    """Every metric and response type of AMBA's list has a rule."""
    criteria = [
        criterion
        for found in stack.all("monitor:MetricAlert")
        if at(found.props, "enabled") is not False
        for criterion in at(found.props, "criteria.allOf") or []
    ]
    metrics = {at(criterion, "metricName") for criterion in criteria}
    responses = {value for criterion in criteria for value in _response_types(criterion)}
    if missing := sorted(_METRICS - metrics) + sorted(_RESPONSES - responses):
        yield f"no alert on {', '.join(missing)}"


def _response_types(criterion: Any) -> Iterator[str]:
    for dimension in at(criterion, "dimensions") or []:
        if at(dimension, "name") == "ResponseType":
            yield from at(dimension, "values") or []


def _availability(stack: Stack) -> Iterator[str]:
    """In prod the alert on availability is at 99.9 %, severity 1."""
    for found in stack.all("monitor:MetricAlert"):
        for criterion in at(found.props, "criteria.allOf") or []:
            if at(criterion, "metricName") == "Availability":
                if (at(criterion, "threshold") or 0) < 99.9:
                    yield f"{found.name}: threshold is below 99.9; allowed: 99.9 or more"
                if at(found.props, "severity") not in {0, 1}:
                    yield f"{found.name}: severity; allowed: 0 or 1"


def _somebody_hears(stack: Stack) -> Iterator[str]:
    groups = stack.all("monitor:ActionGroup")
    if not any(at(group.props, "emailReceivers") for group in groups):
        yield "no action group has a receiver; allowed: an e-mail address"


def _deletion_watched(stack: Stack) -> Iterator[str]:
    watched = {
        at(condition, "equals")
        for found in stack.all("monitor:ActivityLogAlert")
        if at(found.props, "enabled") is not False
        for condition in at(found.props, "condition.allOf") or []
    }
    if _DELETE not in watched:
        yield f"no activity log alert on {_DELETE}; allowed: one"


OPERATIONS_RULES = (
    StackRule(
        name="account-locked",
        sources=("WAF RE:09", "AVM lock"),
        description="In prod a lock stops the account from being deleted.",
        check=_locked,
        mandatory=PROD,
    ),
    StackRule(
        name="account-protected",
        sources=("WAF RE:09",),
        description="In prod Pulumi refuses to delete or replace what holds data.",
        check=_protected,
        mandatory=PROD,
    ),
    StackRule(
        name="defender",
        sources=("CKV_AZURE_84", "Azure.Storage.DefenderCloud", "WAF SE:10"),
        description="In prod Defender watches the account.",
        check=_defended,
        mandatory=PROD,
    ),
    StackRule(
        name="blob-logs",
        sources=("CKV2_AZURE_21", "WAF OE:07"),
        description="Every read, write and delete of a blob is logged.",
        check=_logged,
    ),
    StackRule(
        name="vault-logs",
        sources=("Azure.KeyVault.Logs",),
        description="Every use of a key is logged.",
        check=_vault_logged,
    ),
    StackRule(
        name="alerts",
        sources=("AMBA storageAccounts", "WAF OE:07"),
        description="Each metric that AMBA names has an alert.",
        check=_alerted,
    ),
    ResourceRule(
        name="alert-resolves",
        sources=("AMBA storageAccounts",),
        description="An alert is global, and resolves when the metric does.",
        kind="monitor:MetricAlert",
        check=every(allow("location", "global"), on("autoMitigate")),
    ),
    StackRule(
        name="alert-availability-prod",
        sources=("AMBA storageAccounts/Availability",),
        description="In prod availability below 99.9 % wakes somebody.",
        check=_availability,
        mandatory=PROD,
    ),
    StackRule(
        name="alert-receiver",
        sources=("WAF OE:07",),
        description="In prod somebody receives the alerts.",
        check=_somebody_hears,
        mandatory=PROD,
    ),
    ResourceRule(
        name="action-group-global",
        sources=("AMBA storageAccounts",),
        description="The action group works when a region does not.",
        kind="monitor:ActionGroup",
        check=every(allow("location", "Global"), on("enabled")),
    ),
    StackRule(
        name="alert-account-deleted",
        sources=("AMBA storageAccounts/delete",),
        description="Somebody hears when an account is deleted.",
        check=_deletion_watched,
    ),
)
