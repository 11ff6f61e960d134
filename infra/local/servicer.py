"""The calls of Pulumi's engine, answered for local Azure."""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import wraps
from typing import Any, TypeVar

import grpc
from google.protobuf.empty_pb2 import Empty
from pulumi.runtime.proto import plugin_pb2
from pulumi.runtime.proto import provider_pb2 as rpc
from pulumi.runtime.proto.provider_pb2_grpc import ResourceProviderServicer

from local.cloud import LocalAzure
from local.differences import differences
from local.errors import CloudError
from local.functions import invoke
from local.kinds import checks
from local.kinds.outputs import expected
from local.kinds.table import kind_of
from local.wire import plain, to_struct

VERSION = "3.29.0"  # of the provider that this stands in for
_CHANGES = {
    "add": (rpc.PropertyDiff.ADD, rpc.PropertyDiff.ADD_REPLACE),
    "delete": (rpc.PropertyDiff.DELETE, rpc.PropertyDiff.DELETE_REPLACE),
    "update": (rpc.PropertyDiff.UPDATE, rpc.PropertyDiff.UPDATE_REPLACE),
}

Answer = TypeVar("Answer")
Method = Callable[[Any, Any, grpc.ServicerContext], Answer]


def _refusing(method: Method[Answer]) -> Method[Answer]:
    """Turn a `CloudError` into the one line that the engine shows."""

    @wraps(method)
    def call(self: Any, request: Any, context: grpc.ServicerContext) -> Answer:
        try:
            return method(self, request, context)
        except CloudError as error:
            context.abort(grpc.StatusCode.UNKNOWN, str(error))
            raise

    return call


class AzureNative(ResourceProviderServicer):
    """The provider. Plain values only: see `wire`."""

    def __init__(self, cloud: LocalAzure) -> None:
        self._cloud = cloud

    def Handshake(self, request: Any, context: Any) -> rpc.ProviderHandshakeResponse:
        return rpc.ProviderHandshakeResponse()

    def Attach(self, request: Any, context: Any) -> Empty:
        return Empty()

    def GetPluginInfo(self, request: Any, context: Any) -> plugin_pb2.PluginInfo:
        return plugin_pb2.PluginInfo(version=VERSION)

    def CheckConfig(self, request: Any, context: Any) -> rpc.CheckResponse:
        return rpc.CheckResponse(inputs=request.news)

    def DiffConfig(self, request: Any, context: Any) -> rpc.DiffResponse:
        return rpc.DiffResponse(changes=rpc.DiffResponse.DIFF_NONE)

    def Configure(self, request: Any, context: Any) -> rpc.ConfigureResponse:
        return rpc.ConfigureResponse()

    def Cancel(self, request: Any, context: Any) -> Empty:
        return Empty()

    @_refusing
    def Check(self, request: rpc.CheckRequest, context: Any) -> rpc.CheckResponse:
        inputs = checks.with_name(request.type, request.name, plain(request.news), request)
        failures = [
            rpc.CheckFailure(reason=f"{problem.path}: {problem.reason}")
            for problem in checks.problems(request.type, inputs)
        ]
        return rpc.CheckResponse(inputs=to_struct(inputs), failures=failures)

    @_refusing
    def Diff(self, request: rpc.DiffRequest, context: Any) -> rpc.DiffResponse:
        kind = kind_of(request.type)
        new = plain(request.news)
        found = list(differences(plain(request.old_inputs), new))
        fixed = (*kind.fields, "location", *kind.create_only)
        replaces = [d.path for d in found if any(_is_at(d.path, path) for path in fixed)]
        return rpc.DiffResponse(
            changes=rpc.DiffResponse.DIFF_SOME if found else rpc.DiffResponse.DIFF_NONE,
            diffs=list(dict.fromkeys(re.split(r"[.\[]", d.path)[0] for d in found)),
            replaces=list(dict.fromkeys(re.split(r"[.\[]", path)[0] for path in replaces)),
            detailedDiff={
                d.path: rpc.PropertyDiff(
                    kind=_CHANGES[d.change][d.path in replaces], inputDiff=True
                )
                for d in found
            },
            hasDetailedDiff=True,
            # A replacement of the same name can only be made when the old one is gone.
            deleteBeforeReplace=bool(replaces) and kind.resource_id(new) == request.id,
        )

    @_refusing
    def Create(self, request: rpc.CreateRequest, context: Any) -> rpc.CreateResponse:
        inputs = plain(request.properties)
        if request.preview:
            return rpc.CreateResponse(properties=to_struct(expected(request.type, inputs)))
        resource_id, values = self._cloud.create(request.type, inputs)
        return rpc.CreateResponse(id=resource_id, properties=to_struct(values))

    @_refusing
    def Read(self, request: rpc.ReadRequest, context: Any) -> rpc.ReadResponse:
        record = self._cloud.read(request.id)
        if record is None:
            return rpc.ReadResponse()
        values = record["properties"]
        inputs = checks.inputs_of(request.type, values, plain(request.inputs))
        return rpc.ReadResponse(
            id=record["id"], properties=to_struct(values), inputs=to_struct(inputs)
        )

    @_refusing
    def Update(self, request: rpc.UpdateRequest, context: Any) -> rpc.UpdateResponse:
        inputs = plain(request.news)
        values = (
            {**plain(request.olds), **inputs}
            if request.preview
            else self._cloud.update(request.type, request.id, inputs)
        )
        return rpc.UpdateResponse(properties=to_struct(values))

    @_refusing
    def Delete(self, request: rpc.DeleteRequest, context: Any) -> Empty:
        self._cloud.delete(request.id)
        return Empty()

    @_refusing
    def Invoke(self, request: rpc.InvokeRequest, context: Any) -> rpc.InvokeResponse:
        answer = invoke(self._cloud, request.tok, plain(request.args))
        response = rpc.InvokeResponse()
        getattr(response, "return").CopyFrom(to_struct(answer))  # a keyword of Python
        return response


def _is_at(path: str, prefix: str) -> bool:
    return path == prefix or path.startswith((f"{prefix}.", f"{prefix}["))
