"""The whole stack, composed from the components."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

import pulumi
from pulumi_azure_native import authorization, resources

from ingenious_infra.components.account import AccountArgs
from ingenious_infra.components.api import Api, ApiArgs
from ingenious_infra.components.free_name import require_free
from ingenious_infra.components.identity import Access, AccessArgs
from ingenious_infra.components.lifecycle import KEY_VERSION_DAYS
from ingenious_infra.components.naming import Names
from ingenious_infra.components.network import BLOB, VAULT, Network, NetworkArgs
from ingenious_infra.components.observability import Observability, ObservabilityArgs
from ingenious_infra.components.storage import Storage
from ingenious_infra.components.vault import Vault, VaultArgs
from ingenious_infra.settings import Settings

_VARIABLES: Final = {
    "ACCOUNT_NAME": "storage_account_name",
    "CONTAINER_DATA": "container_data",
    "CONTAINER_REVISIONS": "container_revisions",
    "CLIENT_ID": "application_client_id",
    "RETENTION_DAYS": "retention_days",
}
_KEY_VARIABLES: Final = {
    "ENCRYPTION__KEY_VAULT_KEY_ID": "key_vault_key_id",
    "ENCRYPTION__KEY_RETENTION_DAYS": "key_retention_days",
}


def provision(settings: Settings) -> Mapping[str, object]:
    """Register every resource of the stack and return its outputs; none of them is a secret."""
    client = authorization.get_client_config()
    names = Names(settings, pulumi.get_stack(), client.subscription_id)
    require_free(names.account, names.resource_group)
    group = resources.ResourceGroup(
        "resource-group",
        resource_group_name=names.resource_group,
        location=settings.location,
        tags=names.tags,
    )
    vault = _vault(settings, names, group.name, client.tenant_id)
    storage = Storage(
        "storage",
        AccountArgs(
            settings=settings,
            account_name=names.account,
            resource_group_name=group.name,
            tags=names.tags,
            key=vault.account_key if vault else None,
        ),
    )
    access = Access(
        "access",
        AccessArgs(
            settings=settings,
            names=names,
            resource_group_name=group.name,
            resource_group_id=group.id,
            containers={name: container.id for name, container in storage.containers.items()},
            client_key_id=vault.client_key.id if vault and vault.client_key else None,
        ),
    )
    network = _network(settings, names, group.name, storage, vault)
    observability = Observability(
        "observability",
        ObservabilityArgs(
            settings=settings,
            names=names,
            resource_group_name=group.name,
            resource_group_id=group.id,
            account_id=storage.account.id,
            blob_service=storage.blob_service,
            vault_id=vault.vault.id if vault else None,
        ),
    )
    if settings.protected:
        storage.lock(after=[access, observability])
    outputs = _outputs(settings, group, storage, access, vault)
    if network is None or network.api_subnet_id is None:
        return outputs
    api = Api(
        "api",
        ApiArgs(
            settings=settings,
            names=names,
            resource_group_name=group.name,
            subnet_id=network.api_subnet_id,
            workspace_id=observability.workspace_id,
            identity=access.application,
            environment=_variables(outputs),
        ),
        # Its first check asks the storage, which nobody answers before roles and network are there.
        opts=pulumi.ResourceOptions(depends_on=[access, network]),
    )
    return {**outputs, "api_url": api.url}


def _outputs(
    settings: Settings,
    group: resources.ResourceGroup,
    storage: Storage,
    access: Access,
    vault: Vault | None,
) -> dict[str, object]:
    client_key = vault.client_key if vault else None
    # What was purged can be brought back until a lifecycle rule has deleted its longest-lived
    # version, and then for as long as that is soft-deleted.
    soft_delete_days = settings.blob_retention_days
    return {
        "environment": settings.environment,
        "resource_group_name": group.name,
        "storage_account_name": storage.account.name,
        "storage_endpoint": storage.endpoint,
        "container_data": storage.containers["data"].name,
        "container_revisions": storage.containers["revisions"].name,
        "application_client_id": access.application.client_id,
        "publisher_client_id": access.publisher.client_id,
        "key_vault_key_id": client_key.key_uri if client_key else None,
        "retention_days": settings.controls.history_version_days + soft_delete_days,
        "key_retention_days": KEY_VERSION_DAYS + soft_delete_days if client_key else None,
        "shared_key_access": settings.shared_key_access,
    }


def _variables(outputs: Mapping[str, object]) -> Mapping[str, pulumi.Input[str]]:
    """The variables that name the storage, as the profile of the same outputs does."""
    encrypts = outputs["key_vault_key_id"] is not None
    values: dict[str, object] = {
        "TYPE": "azure_blob",
        "CREDENTIAL": "managed_identity",
        "AUTO_CREATE_CONTAINERS": "false",
        **{name: outputs[output] for name, output in _VARIABLES.items()},
    }
    if encrypts:
        values["ENCRYPTION__PROVIDER"] = "azure_key_vault"
        values |= {name: outputs[output] for name, output in _KEY_VARIABLES.items()}
    return {
        f"INGENIOUS_STORAGE__{name}": value if isinstance(value, pulumi.Output) else str(value)
        for name, value in values.items()
    }


def _vault(
    settings: Settings, names: Names, resource_group_name: pulumi.Input[str], tenant_id: str
) -> Vault | None:
    if not (settings.customer_managed_key or settings.client_side_key):
        return None
    return Vault(
        "keys",
        VaultArgs(
            settings=settings,
            names=names,
            resource_group_name=resource_group_name,
            tenant_id=tenant_id,
        ),
    )


def _network(
    settings: Settings,
    names: Names,
    resource_group_name: pulumi.Input[str],
    storage: Storage,
    vault: Vault | None,
) -> Network | None:
    if not settings.has_subnet:
        return None
    network = Network(
        "network",
        NetworkArgs(settings=settings, names=names, resource_group_name=resource_group_name),
    )
    network.admit("blob", storage.account.id, BLOB)
    if vault is not None:
        network.admit("vault", vault.vault.id, VAULT)
    return network
