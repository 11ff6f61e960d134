"""Outputs that Azure adds to a resource's inputs when it shows the resource."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple
from uuid import NAMESPACE_URL, uuid5

from local import arm
from local.wire import UNKNOWN, Values

BlobUrl = Callable[[str], str]


def properties(token: str, resource_id: str, inputs: Values, blob_url: BlobUrl) -> Values:
    """All properties of a resource: its inputs, and on top what Azure decides."""
    common = {
        "name": arm.name(resource_id),
        "type": arm.type_of(resource_id),
        "provisioningState": "Succeeded",
    }
    own = _OWN.get(token.removeprefix("azure-native:"))
    decided = own.values(resource_id, inputs, blob_url) if own else {}
    return {**_answered(inputs), **common, **decided}


def expected(token: str, inputs: Values) -> Values:
    """What a preview can tell of a resource that is to be made: what Azure decides is unknown."""
    own = _OWN.get(token.removeprefix("azure-native:"))
    names = ("name", "type", "provisioningState", *(own.names if own else ()))
    return {**_answered(inputs), **dict.fromkeys(names, UNKNOWN)}


def _answered(inputs: Values) -> Values:
    """The inputs as Azure shows them: identities are sent as a list, and answered as a map."""
    identity = inputs.get("identity")
    if not isinstance(identity, dict) or "userAssignedIdentities" not in identity:
        return inputs
    sent = identity["userAssignedIdentities"]
    shown = {each: {} for each in sent} if isinstance(sent, list) else UNKNOWN
    return {**inputs, "identity": {**identity, "userAssignedIdentities": shown}}


def _uuid(kind: str, resource_id: str) -> str:
    return str(uuid5(NAMESPACE_URL, f"{kind}:{resource_id.lower()}"))


def _account(resource_id: str, inputs: Values, blob_url: BlobUrl) -> Values:
    name = arm.name(resource_id)
    endpoints = {
        service: f"https://{name}.{service}.core.windows.net/"
        for service in ("dfs", "file", "queue", "table", "web")
    }
    return {
        "primaryEndpoints": {"blob": f"{blob_url(name)}/", **endpoints},
        "primaryLocation": inputs.get("location", ""),
        "privateEndpointConnections": [],
        "statusOfPrimary": "available",
    }


def _identity(resource_id: str, inputs: Values, _: BlobUrl) -> Values:
    return {
        "clientId": _uuid("client", resource_id),
        "principalId": _uuid("principal", resource_id),
        "tenantId": arm.TENANT,
    }


def _vault(resource_id: str, inputs: Values, _: BlobUrl) -> Values:
    uri = f"https://{arm.name(resource_id)}.vault.azure.net/"
    return {"properties": {**inputs["properties"], "vaultUri": uri}}


def _key(resource_id: str, inputs: Values, _: BlobUrl) -> Values:
    uri = f"https://{inputs['vaultName']}.vault.azure.net/keys/{arm.name(resource_id)}"
    version = _uuid("key", resource_id).replace("-", "")
    return {"keyUri": uri, "keyUriWithVersion": f"{uri}/{version}"}


def _workspace(resource_id: str, inputs: Values, _: BlobUrl) -> Values:
    return {"customerId": _uuid("workspace", resource_id)}


def _environment(resource_id: str, inputs: Values, _: BlobUrl) -> Values:
    domain = f"{_uuid('environment', resource_id)[:8]}.{inputs.get('location', '')}"
    return {"defaultDomain": f"{domain}.azurecontainerapps.io", "staticIp": "10.0.0.4"}


def _container_app(resource_id: str, inputs: Values, _: BlobUrl) -> Values:
    """Its host is below the environment's domain; secrets are not shown."""
    environment = str(inputs.get("environmentId", ""))
    below = _environment(environment, inputs, str)["defaultDomain"]
    shown = dict(inputs.get("configuration", {}))
    host = f"{arm.name(resource_id)}.{below}"
    shown["ingress"] = {**shown.get("ingress", {}), "fqdn": host}
    return {"configuration": shown, "latestRevisionName": f"{arm.name(resource_id)}--0000001"}


def _network(resource_id: str, inputs: Values, _: BlobUrl) -> Values:
    subnets = inputs.get("subnets", [])
    return {"subnets": [{**s, "id": f"{resource_id}/subnets/{s['name']}"} for s in subnets]}


def _endpoint(resource_id: str, inputs: Values, _: BlobUrl) -> Values:
    return {"networkInterfaces": [], "customDnsConfigs": []}


class _Own(NamedTuple):
    """What Azure decides for one type, and how."""

    names: tuple[str, ...]
    values: Callable[[str, Values, BlobUrl], Values]


_OWN = {
    "storage:StorageAccount": _Own(
        (
            "primaryEndpoints",
            "primaryLocation",
            "privateEndpointConnections",
            "statusOfPrimary",
        ),
        _account,
    ),
    "managedidentity:UserAssignedIdentity": _Own(
        ("clientId", "principalId", "tenantId"), _identity
    ),
    "keyvault:Vault": _Own(("properties",), _vault),
    "keyvault:Key": _Own(("keyUri", "keyUriWithVersion"), _key),
    "operationalinsights:Workspace": _Own(("customerId",), _workspace),
    "app:ManagedEnvironment": _Own(("defaultDomain", "staticIp"), _environment),
    "app:ContainerApp": _Own(("configuration", "latestRevisionName"), _container_app),
    "network:VirtualNetwork": _Own(("subnets",), _network),
    "network:PrivateEndpoint": _Own(("networkInterfaces", "customDnsConfigs"), _endpoint),
}
