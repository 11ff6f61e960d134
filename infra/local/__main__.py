"""The provider's process, as Pulumi's engine starts it: the first line it prints is its port."""

from __future__ import annotations

import os
import signal
import sys
import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

sys.path[0] = str(Path(__file__).resolve().parents[1])

import grpc  # noqa: E402
from pulumi.runtime.proto.provider_pb2_grpc import (  # noqa: E402
    add_ResourceProviderServicer_to_server,
)

from local.cloud import LocalAzure  # noqa: E402
from local.containers import Containers  # noqa: E402
from local.servicer import AzureNative  # noqa: E402
from local.state import StateFile  # noqa: E402
from local.vault.keys import Keys  # noqa: E402
from local.vaults import NO_VAULTS, Vaults  # noqa: E402

_MAX_MESSAGE = 400 * 1024 * 1024  # bytes, as Pulumi's own providers have it


def main() -> None:
    """Serve until the engine ends this process."""
    cloud = LocalAzure(
        StateFile(Path(_variable("LOCAL_AZURE_STATE", "the file of the resources"))),
        Containers(_variable("LOCAL_AZURE_BLOB", "an Azurite, as http://127.0.0.1:10000")),
        vaults=_vaults(),
        fail_create=int(os.environ.get("LOCAL_AZURE_FAIL_CREATE", "0")),
    )
    options = [("grpc.max_receive_message_length", _MAX_MESSAGE)]
    server = grpc.server(ThreadPoolExecutor(max_workers=16), options=options)
    add_ResourceProviderServicer_to_server(AzureNative(cloud), server)
    port = server.add_insecure_port("127.0.0.1:0")
    server.start()
    sys.stdout.write(f"{port}\n")
    sys.stdout.flush()
    stop = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stop.set())
    stop.wait()
    server.stop(grace=None)


def _vaults() -> Vaults:
    endpoint = os.environ.get("LOCAL_AZURE_VAULT")
    if not endpoint:
        return NO_VAULTS
    keys = _variable("LOCAL_AZURE_VAULT_KEYS", "the file of the keys of LOCAL_AZURE_VAULT")
    return Vaults(endpoint, Keys(StateFile(Path(keys))))


def _variable(name: str, meaning: str) -> str:
    value = os.environ.get(name)
    if not value:
        sys.exit(f"{name} is not set: local Azure needs {meaning}")
    return value


if __name__ == "__main__":
    main()
