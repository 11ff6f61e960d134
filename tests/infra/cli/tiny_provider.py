"""A Pulumi provider whose whole world is a JSON file: `tiny:index:Thing`, with any properties."""

from __future__ import annotations

import json
import os
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import grpc  # type: ignore[import-untyped,unused-ignore]
from google.protobuf import (  # type: ignore[import-untyped,unused-ignore]
    empty_pb2,
    struct_pb2,
)
from google.protobuf.json_format import (  # type: ignore[import-untyped,unused-ignore]
    MessageToDict,
)
from pulumi.runtime.proto import plugin_pb2, provider_pb2, provider_pb2_grpc

WORLD = Path(os.environ["TINY_WORLD"])
_UPDATE = provider_pb2.PropertyDiff.Kind.UPDATE
_SIGNATURE = "4dabf18193072939515e22adb298388d"


class Tiny(provider_pb2_grpc.ResourceProviderServicer):
    def GetPluginInfo(self, request: Any, context: Any) -> Any:  # noqa: N802
        return plugin_pb2.PluginInfo(version="1.0.0")

    def CheckConfig(self, request: Any, context: Any) -> Any:  # noqa: N802
        return provider_pb2.CheckResponse(inputs=request.news)

    def DiffConfig(self, request: Any, context: Any) -> Any:  # noqa: N802
        return provider_pb2.DiffResponse()

    def Configure(self, request: Any, context: Any) -> Any:  # noqa: N802
        return provider_pb2.ConfigureResponse(supportsPreview=True)

    def Check(self, request: Any, context: Any) -> Any:  # noqa: N802
        return provider_pb2.CheckResponse(inputs=request.news)

    def Diff(self, request: Any, context: Any) -> Any:  # noqa: N802
        old, new = plain(request.olds), plain(request.news)
        paths = sorted(key for key in old.keys() | new.keys() if old.get(key) != new.get(key))
        return provider_pb2.DiffResponse(
            changes=provider_pb2.DiffResponse.DIFF_SOME
            if paths
            else provider_pb2.DiffResponse.DIFF_NONE,
            diffs=paths,
            replaces=[path for path in paths if path == "kind"],
            hasDetailedDiff=True,
            detailedDiff={path: provider_pb2.PropertyDiff(kind=_UPDATE) for path in paths},
        )

    def Create(self, request: Any, context: Any) -> Any:  # noqa: N802
        name, properties = request.urn.rpartition("::")[2], plain(request.properties)
        if request.preview:
            return provider_pb2.CreateResponse(properties=request.properties)
        if "seconds" in properties:
            time.sleep(properties["seconds"])
        if properties.get("refuse"):
            context.abort(grpc.StatusCode.UNKNOWN, f"Code=NoSuchSku Message=\n  {name} is refused")
        world = read()
        world[name] = properties
        write(world)
        return provider_pb2.CreateResponse(id=name, properties=request.properties)

    def Read(self, request: Any, context: Any) -> Any:  # noqa: N802
        found = read().get(request.id)
        if found is None:
            return provider_pb2.ReadResponse()
        properties = struct_pb2.Struct()
        properties.update(found)
        return provider_pb2.ReadResponse(id=request.id, properties=properties, inputs=properties)

    def Update(self, request: Any, context: Any) -> Any:  # noqa: N802
        if not request.preview:
            write({**read(), request.id: plain(request.news)})
        return provider_pb2.UpdateResponse(properties=request.news)

    def Delete(self, request: Any, context: Any) -> Any:  # noqa: N802
        world = read()
        world.pop(request.id, None)
        write(world)
        return empty_pb2.Empty()

    def Cancel(self, request: Any, context: Any) -> Any:  # noqa: N802
        return empty_pb2.Empty()


def plain(struct: Any) -> dict[str, Any]:
    return {
        key: value["value"] if isinstance(value, dict) and _SIGNATURE in value else value
        for key, value in MessageToDict(struct).items()
    }


def read() -> dict[str, Any]:
    world: dict[str, Any] = json.loads(WORLD.read_text()) if WORLD.exists() else {}
    return world


def write(world: dict[str, Any]) -> None:
    WORLD.write_text(json.dumps(world))


if __name__ == "__main__":
    # One worker: the file is read and written without a lock.
    server = grpc.server(ThreadPoolExecutor(max_workers=1))
    provider_pb2_grpc.add_ResourceProviderServicer_to_server(Tiny(), server)
    sys.stdout.write(f"{server.add_insecure_port('127.0.0.1:0')}\n")
    sys.stdout.flush()
    server.start()
    server.wait_for_termination()
