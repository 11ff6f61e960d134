"""Run the program under Pulumi's mocks and record what it registers."""

from __future__ import annotations

import asyncio
import contextvars
import json
import runpy
import socket
from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from unittest import mock

import grpc
import pulumi
from pulumi.runtime import set_all_config, set_mocks
from pulumi.runtime.settings import get_root_resource
from pulumi.runtime.stack import Stack, run_pulumi_func

PROGRAM = Path(__file__).resolve().parents[3] / "infra"
PROJECT = "ingenious-storage"
SUBSCRIPTION = "11111111-1111-4111-8111-111111111111"
TENANT = "22222222-2222-4222-8222-222222222222"
TAKEN = "takenaccount"
"""The only storage account whose host name DNS knows."""


@dataclass(frozen=True)
class Recorded:
    """One registered resource: its token, logical name, inputs as sent, and `protect`."""

    type: str
    name: str
    inputs: dict[str, Any]
    protect: bool


@dataclass
class Recording:
    """Everything that one run of the program registered and exported, and how it failed."""

    resources: list[Recorded] = field(default_factory=list)
    outputs: dict[str, Any] = field(default_factory=dict)
    error: Exception | None = None

    def all(self, kind: str) -> list[Recorded]:
        """Every resource whose token ends in `kind`, as `storage:StorageAccount`."""
        return [found for found in self.resources if found.type.endswith(f":{kind}")]

    def one(self, kind: str) -> Recorded:
        """The only resource of that kind; fails if there are none or several."""
        (found,) = self.all(kind)
        return found

    def named(self, name: str) -> Recorded:
        (found,) = [found for found in self.resources if found.name == name]
        return found

    def by_name(self) -> dict[str, Recorded]:
        return {found.name: found for found in self.resources}


class _NotFound(grpc.RpcError):
    """What the engine answers about a resource that is not there."""

    def code(self) -> grpc.StatusCode:
        return grpc.StatusCode.UNKNOWN

    def details(self) -> str:
        return "ResourceNotFound"


class _Mocks(pulumi.runtime.Mocks):
    def __init__(self) -> None:
        self.created: list[tuple[str, str, dict[str, Any]]] = []

    def new_resource(
        self, args: pulumi.runtime.MockResourceArgs
    ) -> tuple[str | None, dict[str, Any]]:
        inputs = dict(args.inputs)
        self.created.append((args.typ, args.name, inputs))
        return _id(args), {**inputs, **_identities(inputs), **_computed(args)}

    def call(self, args: pulumi.runtime.MockCallArgs) -> Any:
        if args.token == "azure-native:storage:getStorageAccount":
            raise _NotFound
        assert args.token == "azure-native:authorization:getClientConfig", args.token
        ids = {"clientId": TENANT, "objectId": TENANT, "tenantId": TENANT}
        return {**ids, "subscriptionId": SUBSCRIPTION}


# The resource ids that Azure gives, of the resources whose id or name the program reads.
_GROUP = "/subscriptions/{subscription}/resourceGroups/{resourceGroupName}"
_STORAGE = "/providers/Microsoft.Storage/storageAccounts/{accountName}"
_VAULT = "/providers/Microsoft.KeyVault/vaults/{vaultName}"
_NETWORK = "/providers/Microsoft.Network"
_ROLES = "/providers/Microsoft.Authorization/roleDefinitions"
_IDS = {
    "resources:ResourceGroup": _GROUP,
    "storage:StorageAccount": _GROUP + _STORAGE,
    "storage:BlobContainer": _GROUP + _STORAGE + "/blobServices/default/containers/{containerName}",
    "managedidentity:UserAssignedIdentity": _GROUP
    + "/providers/Microsoft.ManagedIdentity/userAssignedIdentities/{resourceName}",
    "authorization:RoleDefinition": f"/subscriptions/{{subscription}}{_ROLES}/{{roleDefinitionId}}",
    "keyvault:Vault": _GROUP + _VAULT,
    "keyvault:Key": f"{_GROUP}{_VAULT}/keys/{{keyName}}",
    "network:VirtualNetwork": f"{_GROUP}{_NETWORK}/virtualNetworks/{{virtualNetworkName}}",
    "network:Subnet": f"{_GROUP}{_NETWORK}/virtualNetworks/{{virtualNetworkName}}"
    "/subnets/{subnetName}",
    "network:PrivateEndpoint": f"{_GROUP}{_NETWORK}/privateEndpoints/{{privateEndpointName}}",
    "privatedns:PrivateZone": f"{_GROUP}{_NETWORK}/privateDnsZones/{{privateZoneName}}",
}


def _id(args: pulumi.runtime.MockResourceArgs) -> str:
    template = _IDS.get(args.typ.removeprefix("azure-native:"), f"/mock/{args.typ}/{args.name}")
    return template.format(subscription=SUBSCRIPTION, **args.inputs)


def _identities(inputs: dict[str, Any]) -> dict[str, Any]:
    """They are sent as a list, and answered as a map."""
    sent = inputs.get("identity", {}).get("userAssignedIdentities")
    if sent is None:
        return {}
    answered: dict[str, Any] = {key: {} for key in sent}
    return {"identity": {**inputs["identity"], "userAssignedIdentities": answered}}


def _computed(args: pulumi.runtime.MockResourceArgs) -> dict[str, Any]:
    """What Azure answers beyond the inputs, as far as the program reads it."""
    name = _id(args).rpartition("/")[2]
    computed: dict[str, Any] = {"name": name}
    match args.typ.removeprefix("azure-native:"):
        case "app:ContainerApp":
            ingress = {**args.inputs["configuration"]["ingress"], "fqdn": f"{name}.example.com"}
            computed["configuration"] = {**args.inputs["configuration"], "ingress": ingress}
        case "storage:StorageAccount":
            computed["primaryEndpoints"] = {"blob": f"https://{name}.blob.core.windows.net/"}
        case "managedidentity:UserAssignedIdentity":
            computed["clientId"] = f"client-of-{args.name}"
            computed["principalId"] = f"principal-of-{args.name}"
        case "keyvault:Vault":
            uri = f"https://{name}.vault.azure.net/"
            computed["properties"] = {**args.inputs["properties"], "vaultUri": uri}
        case "keyvault:Key":
            vault = args.inputs["vaultName"]
            computed["keyUri"] = f"https://{vault}.vault.azure.net/keys/{name}"
    return computed


def record_program(stack: str, config: Mapping[str, object]) -> Recording:
    """Run the program once with `config`, the keys of the project's namespace."""
    with _event_loops() as executor:
        program = _record(stack, config, executor)
        return contextvars.copy_context().run(asyncio.run, program)


@contextmanager
def _event_loops() -> Iterator[ThreadPoolExecutor]:
    """Threads that have an event loop each: Pulumi's mocks would make them and never close them."""
    loops: list[asyncio.AbstractEventLoop] = []

    def start() -> None:
        loops.append(asyncio.new_event_loop())
        asyncio.set_event_loop(loops[-1])

    try:
        with ThreadPoolExecutor(4, initializer=start) as executor:
            yield executor
    finally:
        for loop in loops:
            loop.close()


async def _record(
    stack: str, config: Mapping[str, object], executor: ThreadPoolExecutor
) -> Recording:
    asyncio.get_running_loop().set_default_executor(executor)
    mocks, recording, protected = _Mocks(), Recording(), set[str]()

    def observe(args: pulumi.ResourceTransformationArgs) -> None:
        if args.opts.protect:
            protected.add(args.name)

    set_mocks(mocks, project=PROJECT, stack=stack)
    set_all_config({f"{PROJECT}:{key}": _text(value) for key, value in config.items()})
    pulumi.runtime.register_stack_transformation(observe)
    try:
        await run_pulumi_func(_run_main)
    except Exception as error:  # noqa: BLE001  # what a test expects, or raises again
        recording.error = error
    root = get_root_resource()
    assert isinstance(root, Stack)
    for name, output in root.outputs.items():
        recording.outputs[name] = await pulumi.Output.from_input(output).future()
    recording.resources = [
        Recorded(kind, name, inputs, name in protected)
        for kind, name, inputs in mocks.created
        if kind.startswith("azure-native:")
    ]
    return recording


def _run_main() -> None:
    with mock.patch("socket.getaddrinfo", _resolve):
        runpy.run_path(str(PROGRAM / "__main__.py"), run_name="__main__")


def _resolve(host: str, port: int) -> list[object]:
    if host.partition(".")[0] != TAKEN:
        raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")
    return [(host, port)]


def _text(value: object) -> str:
    """Return a value as Pulumi hands it to a program: text, or else JSON."""
    return value if isinstance(value, str) else json.dumps(value)
