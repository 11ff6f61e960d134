"""Logs to a workspace, and alerts to an action group."""

from __future__ import annotations

from dataclasses import dataclass

import pulumi
from pulumi_azure_native import monitor, operationalinsights

from ingenious_infra.components.alerts import Alert, alerts
from ingenious_infra.components.naming import Names
from ingenious_infra.settings import Settings

_NAMESPACE = "Microsoft.Storage/storageAccounts/blobServices"
_ODATA = "Microsoft.Azure.Monitor"


@dataclass(frozen=True, slots=True, kw_only=True)
class ObservabilityArgs:
    """What is watched: one account, through its blob service."""

    settings: Settings
    names: Names
    resource_group_name: pulumi.Input[str]
    resource_group_id: pulumi.Input[str]
    account_id: pulumi.Output[str]
    blob_service: pulumi.Resource
    vault_id: pulumi.Input[str] | None


class Observability(pulumi.ComponentResource):
    """Every request in a workspace, and somebody who hears of what goes wrong."""

    workspace_id: pulumi.Output[str]

    def __init__(
        self, name: str, args: ObservabilityArgs, opts: pulumi.ResourceOptions | None = None
    ) -> None:
        super().__init__("ingenious:storage:Observability", name, None, opts)
        self._args = args
        self._opts = pulumi.ResourceOptions(parent=self)
        self._target = args.account_id.apply(lambda account: f"{account}/blobServices/default")
        workspace = self._workspace()
        self.workspace_id = workspace.id
        self._blob_logs(workspace)
        if args.vault_id is not None:
            self._vault_logs(workspace, args.vault_id)
        group = self._action_group()
        for alert in alerts(args.settings):
            self._metric_alert(alert, group)
        self._account_deleted(group)
        self.register_outputs({})

    def _workspace(self) -> operationalinsights.Workspace:
        return operationalinsights.Workspace(
            "workspace",
            workspace_name=self._args.names.of("log"),
            resource_group_name=self._args.resource_group_name,
            location=self._args.settings.location,
            sku=operationalinsights.WorkspaceSkuArgs(name="PerGB2018"),
            retention_in_days=self._args.settings.log_retention_days,
            features=operationalinsights.WorkspaceFeaturesArgs(disable_local_auth=True),
            tags=self._args.names.tags,
            opts=self._opts,
        )

    def _blob_logs(self, workspace: operationalinsights.Workspace) -> None:
        monitor.DiagnosticSetting(
            "blob-logs",
            name="blob-logs",
            resource_uri=self._target,
            workspace_id=workspace.id,
            logs=[monitor.DiagnosticsLogSettingsArgs(category_group="allLogs", enabled=True)],
            metrics=[monitor.DiagnosticsMetricSettingsArgs(category="Transaction", enabled=True)],
            opts=pulumi.ResourceOptions(parent=self, depends_on=[self._args.blob_service]),
        )

    def _vault_logs(
        self, workspace: operationalinsights.Workspace, vault_id: pulumi.Input[str]
    ) -> None:
        monitor.DiagnosticSetting(
            "vault-logs",
            name="vault-logs",
            resource_uri=vault_id,
            workspace_id=workspace.id,
            logs=[monitor.DiagnosticsLogSettingsArgs(category_group="allLogs", enabled=True)],
            metrics=[monitor.DiagnosticsMetricSettingsArgs(category="AllMetrics", enabled=True)],
            opts=self._opts,
        )

    def _action_group(self) -> monitor.ActionGroup:
        email = self._args.settings.alert_email
        return monitor.ActionGroup(
            "action-group",
            action_group_name=self._args.names.of("ag"),
            group_short_name=self._args.settings.name[:12],
            resource_group_name=self._args.resource_group_name,
            location="Global",
            enabled=True,
            email_receivers=[
                monitor.MicrosoftCommonEmailReceiverArgs(
                    name="operators", email_address=email, use_common_alert_schema=True
                )
            ]
            if email
            else [],
            tags=self._args.names.tags,
            opts=self._opts,
        )

    def _metric_alert(self, alert: Alert, group: monitor.ActionGroup) -> None:
        monitor.MetricAlert(
            f"alert-{alert.name}",
            rule_name=self._args.names.of("alert", alert.name),
            resource_group_name=self._args.resource_group_name,
            location="global",
            description=alert.description,
            severity=alert.severity,
            enabled=True,
            auto_mitigate=True,
            scopes=[self._target],
            window_size=alert.window,
            evaluation_frequency=alert.frequency,
            criteria=_dynamic(alert) if alert.threshold is None else _static(alert),
            actions=[monitor.MetricAlertActionArgs(action_group_id=group.id)],
            tags=self._args.names.tags,
            opts=pulumi.ResourceOptions(parent=self, depends_on=[self._args.blob_service]),
        )

    def _account_deleted(self, group: monitor.ActionGroup) -> None:
        """Watch the resource group: a rule on the account would go with it."""
        condition = {
            "category": "Administrative",
            "operationName": "Microsoft.Storage/storageAccounts/delete",
        }
        monitor.ActivityLogAlert(
            "alert-account-deleted",
            activity_log_alert_name=self._args.names.of("alert", "account-deleted"),
            resource_group_name=self._args.resource_group_name,
            location="global",
            description="A storage account was deleted",
            enabled=True,
            scopes=[self._args.resource_group_id],
            condition=monitor.AlertRuleAllOfConditionArgs(
                all_of=[
                    monitor.AlertRuleAnyOfOrLeafConditionArgs(field=field, equals=value)
                    for field, value in condition.items()
                ]
            ),
            actions=monitor.ActionListArgs(
                action_groups=[monitor.ActionGroupArgs(action_group_id=group.id)]
            ),
            tags=self._args.names.tags,
            opts=self._opts,
        )


def _static(alert: Alert) -> monitor.MetricAlertSingleResourceMultipleMetricCriteriaArgs:
    assert alert.threshold is not None
    return monitor.MetricAlertSingleResourceMultipleMetricCriteriaArgs(
        odata_type=f"{_ODATA}.SingleResourceMultipleMetricCriteria",
        all_of=[
            monitor.MetricCriteriaArgs(
                criterion_type="StaticThresholdCriterion",
                name=alert.name,
                metric_namespace=_NAMESPACE,
                metric_name=alert.metric,
                operator=alert.operator,
                threshold=alert.threshold,
                time_aggregation=alert.aggregation,
                dimensions=[
                    monitor.MetricDimensionArgs(
                        name="ResponseType", operator="Include", values=list(alert.response_types)
                    )
                ]
                if alert.response_types
                else [],
            )
        ],
    )


def _dynamic(alert: Alert) -> monitor.MetricAlertMultipleResourceMultipleMetricCriteriaArgs:
    return monitor.MetricAlertMultipleResourceMultipleMetricCriteriaArgs(
        odata_type=f"{_ODATA}.MultipleResourceMultipleMetricCriteria",
        all_of=[
            monitor.DynamicMetricCriteriaArgs(
                criterion_type="DynamicThresholdCriterion",
                name=alert.name,
                metric_namespace=_NAMESPACE,
                metric_name=alert.metric,
                operator=alert.operator,
                alert_sensitivity="Medium",
                failing_periods=monitor.DynamicThresholdFailingPeriodsArgs(
                    number_of_evaluation_periods=4, min_failing_periods_to_alert=3
                ),
                time_aggregation=alert.aggregation,
            )
        ],
    )
