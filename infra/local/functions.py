"""The functions of the SDK that a program may call."""

from __future__ import annotations

from local import arm
from local.cloud import LocalAzure
from local.containers import ACCOUNT_KEY
from local.kinds.guards import not_found
from local.kinds.table import kind_of
from local.wire import Values, secret


def invoke(cloud: LocalAzure, token: str, arguments: Values) -> Values:
    """What the function `token` returns, for example "azure-native:storage:getBlobContainer".

    Raises: CloudError if what it asks about does not exist, or if it is not known here.
    """
    package, module, function = token.split(":")
    if function == "getClientConfig":
        return {
            "clientId": arm.CALLER,
            "objectId": arm.CALLER,
            "subscriptionId": arm.SUBSCRIPTION,
            "tenantId": arm.TENANT,
        }
    if function == "listStorageAccountKeys":
        _get(cloud, "azure-native:storage:StorageAccount", arguments)
        key = {"keyName": "key1", "permissions": "Full", "value": ACCOUNT_KEY}
        return {"keys": secret([key])}
    return _get(cloud, f"{package}:{module}:{function.removeprefix('get')}", arguments)


def _get(cloud: LocalAzure, token: str, arguments: Values) -> Values:
    resource_id = kind_of(token).resource_id(arguments)
    record = cloud.read(resource_id)
    if record is None:
        raise not_found(resource_id)
    return {**record["properties"], "id": resource_id}
