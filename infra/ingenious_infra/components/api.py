"""The HTTP API and the console on Container Apps: opt-in, with the application's identity."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import pulumi
from pulumi_azure_native import app, managedidentity, monitor

from ingenious_infra.components.naming import Names
from ingenious_infra.settings import Settings

PORT = 8080
_SERVE = ("serve", "--host", "0.0.0.0", "--port", str(PORT))  # noqa: S104  # inside a container
_SECRET = "session-secret"  # noqa: S105  # its name


@dataclass(frozen=True, slots=True, kw_only=True)
class ApiArgs:
    """What runs and as whom; `environment` are the variables that name the storage."""

    settings: Settings
    names: Names
    resource_group_name: pulumi.Input[str]
    subnet_id: pulumi.Input[str]
    workspace_id: pulumi.Input[str]
    identity: managedidentity.UserAssignedIdentity
    environment: Mapping[str, pulumi.Input[str]]


class Api(pulumi.ComponentResource):
    """One container app in an environment of its own, inside the storage's network."""

    url: pulumi.Output[str]

    def __init__(
        self, name: str, args: ApiArgs, opts: pulumi.ResourceOptions | None = None
    ) -> None:
        super().__init__("ingenious:storage:Api", name, None, opts)
        self._args = args
        self._opts = pulumi.ResourceOptions(parent=self)
        environment = self._environment()
        self._logs(environment)
        self.url = self._app(environment).configuration.apply(_url)
        self.register_outputs({"url": self.url})

    def _environment(self) -> app.ManagedEnvironment:
        settings = self._args.settings
        return app.ManagedEnvironment(
            "api-environment",
            environment_name=self._args.names.of("cae"),
            resource_group_name=self._args.resource_group_name,
            location=settings.location,
            vnet_configuration=app.VnetConfigurationArgs(
                infrastructure_subnet_id=self._args.subnet_id, internal=not settings.api_public
            ),
            zone_redundant=settings.controls.api_zones,
            workload_profiles=[
                app.WorkloadProfileArgs(name="Consumption", workload_profile_type="Consumption")
            ],
            peer_traffic_configuration=app.ManagedEnvironmentPeerTrafficConfigurationArgs(
                encryption=app.ManagedEnvironmentEncryptionArgs(enabled=True)
            ),
            # By a diagnostic setting: the workspace takes no shared key.
            app_logs_configuration=app.AppLogsConfigurationArgs(destination="azure-monitor"),
            tags=self._args.names.tags,
            opts=self._opts,
        )

    def _logs(self, environment: app.ManagedEnvironment) -> None:
        monitor.DiagnosticSetting(
            "api-logs",
            name="api-logs",
            resource_uri=environment.id,
            workspace_id=self._args.workspace_id,
            logs=[monitor.DiagnosticsLogSettingsArgs(category_group="allLogs", enabled=True)],
            metrics=[monitor.DiagnosticsMetricSettingsArgs(category="AllMetrics", enabled=True)],
            opts=self._opts,
        )

    def _app(self, environment: app.ManagedEnvironment) -> app.ContainerApp:
        settings = self._args.settings
        return app.ContainerApp(
            "api",
            container_app_name=self._args.names.container_app,
            resource_group_name=self._args.resource_group_name,
            location=settings.location,
            environment_id=environment.id,
            workload_profile_name="Consumption",
            identity=app.ManagedServiceIdentityArgs(
                type=app.ManagedServiceIdentityType.USER_ASSIGNED,
                user_assigned_identities=[self._args.identity.id],
            ),
            configuration=app.ConfigurationArgs(
                active_revisions_mode=app.ActiveRevisionsMode.SINGLE,
                # Where the environment is internal, this means: from all of the network.
                ingress=app.IngressArgs(
                    external=True,
                    allow_insecure=False,
                    target_port=PORT,
                    transport=app.IngressTransportMethod.HTTP,
                ),
                registries=[*self._registries()],
                secrets=[*self._secrets()],
            ),
            template=self._template(),
            tags=self._args.names.tags,
            opts=self._opts,
        )

    def _template(self) -> app.TemplateArgs:
        settings = self._args.settings
        return app.TemplateArgs(
            termination_grace_period_seconds=30,
            containers=[
                app.ContainerArgs(
                    name="api",
                    image=settings.api_image,
                    command=["ingenious-storage"],
                    args=[*_SERVE, "--console" if settings.has_console else "--no-console"],
                    env=[*self._variables()],
                    probes=[*_probes()],
                    resources=app.ContainerResourcesArgs(cpu=0.5, memory="1Gi"),
                )
            ],
            scale=app.ScaleArgs(
                min_replicas=settings.controls.api_replicas,
                max_replicas=10,
                rules=[
                    app.ScaleRuleArgs(
                        name="requests",
                        http=app.HttpScaleRuleArgs(metadata={"concurrentRequests": "50"}),
                    )
                ],
            ),
        )

    def _registries(self) -> Iterator[app.RegistryCredentialsArgs]:
        """A registry of Azure is signed in to by the identity, which needs AcrPull there."""
        server = (self._args.settings.api_image or "").partition("/")[0]
        if server.endswith(".azurecr.io"):
            yield app.RegistryCredentialsArgs(server=server, identity=self._args.identity.id)

    def _secrets(self) -> Iterator[app.SecretArgs]:
        uri = self._args.settings.api_session_secret_uri
        if uri is not None:
            yield app.SecretArgs(name=_SECRET, key_vault_url=uri, identity=self._args.identity.id)

    def _variables(self) -> Iterator[app.EnvironmentVarArgs]:
        settings = self._args.settings
        values = {
            **self._args.environment,
            "INGENIOUS_STORAGE__CATALOGUE__PATH": "/tmp/index.db",  # noqa: S108  # the replica's own
            "INGENIOUS_API__ISSUER": settings.api_issuer or "",
            "INGENIOUS_API__AUDIENCE": settings.api_audience or "",
            "INGENIOUS_API__ROLES": json.dumps(settings.api_roles),
            **settings.api_environment,
        }
        for name, value in values.items():
            yield app.EnvironmentVarArgs(name=name, value=value)
        if settings.api_session_secret_uri is not None:
            yield app.EnvironmentVarArgs(name="INGENIOUS_API__SESSION_SECRET", secret_ref=_SECRET)


def _probes() -> Iterator[app.ContainerAppProbeArgs]:
    for kind, path, period, failures in (
        (app.Type.STARTUP, "/startupz", 5, 10),
        (app.Type.LIVENESS, "/livez", 10, 3),
        (app.Type.READINESS, "/readyz", 5, 2),
    ):
        yield app.ContainerAppProbeArgs(
            type=kind,
            http_get=app.ContainerAppProbeHttpGetArgs(path=path, port=PORT),
            period_seconds=period,
            failure_threshold=failures,
        )


def _url(configuration: object) -> str:
    ingress = getattr(configuration, "ingress", None)
    return f"https://{getattr(ingress, 'fqdn', '')}"
