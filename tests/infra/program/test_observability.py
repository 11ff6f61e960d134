"""Logs and alerts, rule by rule."""

from __future__ import annotations

from typing import Any

import pytest

from tests.infra.conftest import Recorder

ENVIRONMENTS = ("dev", "test", "prod")

# metric, operator, threshold (None: learnt), aggregation, window, severity, response types
ALERTS: dict[str, tuple[object, ...]] = {
    "alert-latency-end-to-end": (
        "SuccessE2ELatency", "GreaterThan", None, "Average", "PT5M", 3, [],
    ),
    "alert-latency-server": (
        "SuccessServerLatency", "GreaterThan", 500, "Average", "PT5M", 2, [],
    ),
    "alert-egress": ("Egress", "GreaterThan", None, "Total", "PT5M", 3, []),
    "alert-ingress": ("Ingress", "GreaterThan", None, "Total", "PT5M", 3, []),
    "alert-throttled": (
        "Transactions", "GreaterThan", 10, "Total", "PT5M", 2,
        ["ServerBusyError", "ClientThrottlingError"],
    ),
    "alert-denied": (
        "Transactions", "GreaterThan", 20, "Total", "PT15M", 2, ["AuthorizationError"],
    ),
    "alert-server-errors": (
        "Transactions", "GreaterThan", 0, "Total", "PT5M", 2,
        ["ServerTimeoutError", "ServerOtherError"],
    ),
}  # fmt: skip

AVAILABILITY = {"dev": (90, 2), "test": (90, 2), "prod": (99.9, 1)}
BUDGET_GB = {"dev": 10, "test": 10, "prod": 500}


@pytest.mark.parametrize("environment", ENVIRONMENTS)
def test_the_alerts(record: Recorder, environment: str) -> None:
    percent, severity = AVAILABILITY[environment]
    budget = BUDGET_GB[environment] * 10**9
    assert {
        found.name: _rule(found.inputs) for found in record(environment).all("monitor:MetricAlert")
    } == {
        **ALERTS,
        "alert-availability": (
            "Availability", "LessThan", percent, "Average", "PT5M", severity, [],
        ),
        "alert-capacity": ("BlobCapacity", "GreaterThan", budget, "Average", "PT6H", 3, []),
    }  # fmt: skip


def _rule(inputs: dict[str, Any]) -> tuple[object, ...]:
    (criterion,) = inputs["criteria"]["allOf"]
    return (
        criterion["metricName"],
        criterion["operator"],
        criterion.get("threshold"),
        criterion["timeAggregation"],
        inputs["windowSize"],
        inputs["severity"],
        [value for dimension in criterion.get("dimensions", []) for value in dimension["values"]],
    )


def test_the_budget_is_the_stacks(record: Recorder) -> None:
    (alert,) = [
        found
        for found in record("dev", capacity_budget_gb=25).all("monitor:MetricAlert")
        if found.name == "alert-capacity"
    ]
    assert alert.inputs["criteria"]["allOf"][0]["threshold"] == 25_000_000_000


def test_learnt_thresholds_are_of_medium_sensitivity_three_of_four(record: Recorder) -> None:
    criteria = record("dev").named("alert-latency-end-to-end").inputs["criteria"]
    assert criteria["odataType"] == "Microsoft.Azure.Monitor.MultipleResourceMultipleMetricCriteria"
    (criterion,) = criteria["allOf"]
    assert criterion["criterionType"] == "DynamicThresholdCriterion"
    assert criterion["alertSensitivity"] == "Medium"
    assert criterion["failingPeriods"] == {
        "numberOfEvaluationPeriods": 4,
        "minFailingPeriodsToAlert": 3,
    }


@pytest.mark.parametrize("environment", ENVIRONMENTS)
def test_every_alert_is_global_resolves_and_reaches_the_group(
    record: Recorder, environment: str
) -> None:
    recording = record(environment)
    target = f"/{recording.outputs['storage_account_name']}/blobServices/default"
    for alert in recording.all("monitor:MetricAlert"):
        inputs = alert.inputs
        assert (inputs["location"], inputs["autoMitigate"]) == ("global", True)
        assert inputs["enabled"] is True
        assert [scope.endswith(target) for scope in inputs["scopes"]] == [True]
        assert len(inputs["actions"]) == 1


@pytest.mark.parametrize("environment", ENVIRONMENTS)
def test_the_account_s_deletion_is_heard(record: Recorder, environment: str) -> None:
    recording = record(environment)
    alert = recording.one("monitor:ActivityLogAlert").inputs
    assert alert["condition"]["allOf"] == [
        {"field": "category", "equals": "Administrative"},
        {"field": "operationName", "equals": "Microsoft.Storage/storageAccounts/delete"},
    ]
    (scope,) = alert["scopes"]
    assert scope.endswith(f"/resourceGroups/{recording.outputs['resource_group_name']}")
    assert len(alert["actions"]["actionGroups"]) == 1


@pytest.mark.parametrize("environment", ENVIRONMENTS)
def test_every_request_is_logged(record: Recorder, environment: str) -> None:
    recording = record(environment)
    setting = recording.one("monitor:DiagnosticSetting").inputs
    account = recording.outputs["storage_account_name"]
    assert setting["resourceUri"].endswith(f"/{account}/blobServices/default")
    assert setting["logs"] == [{"categoryGroup": "allLogs", "enabled": True}]
    assert setting["metrics"] == [{"category": "Transaction", "enabled": True}]
    assert setting["workspaceId"].endswith("/workspace")


def test_prod_s_alerts_reach_an_address(record: Recorder) -> None:
    receivers = record("prod").one("monitor:ActionGroup").inputs["emailReceivers"]
    assert receivers == [
        {
            "name": "operators",
            "emailAddress": "oncall@example.com",
            "useCommonAlertSchema": True,
        }
    ]
    assert record("dev").one("monitor:ActionGroup").inputs["emailReceivers"] == []
