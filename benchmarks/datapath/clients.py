"""Clients of Azure Blob Storage that write and read small blobs, by name."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from importlib import import_module
from typing import Any, Final, Literal
from unittest.mock import patch

from benchmarks.azure import CONTAINER, bare
from benchmarks.measure import Timings, Way, interleave
from ingenious_storage import Storage
from ingenious_storage.config import Settings, StorageSettings
from tests.support.servers.azurite import Azurite

SIZE: Final = 4096
"""Bytes of a blob."""
OURS: Final = "ours"
SDK: Final = "azure-storage-blob"
OBSTORE: Final = "obstore"
OPENDAL: Final = "opendal"
OUR_SDK_DRIVER: Final = "our driver on the SDK"


@dataclass(frozen=True, slots=True)
class Client:
    """How one of them writes a blob, and reads it whole."""

    write: Callable[[str, bytes], object]
    read: Callable[[str], bytes]


@contextmanager
def trusting(server: Azurite) -> Iterator[None]:
    """Every client of this process trusts the certificate of `server`."""
    file = str(server.ca_file)
    with patch.dict(os.environ, {"SSL_CERT_FILE": file, "REQUESTS_CA_BUNDLE": file}):
        yield


@contextmanager
def clients(server: Azurite) -> Iterator[dict[str, Client]]:
    """All of them, each with the options that it has by itself. The container is there."""
    with ExitStack() as opened:
        sdk = opened.enter_context(bare(server))
        native = opened.enter_context(storage(server)).data
        driver = opened.enter_context(storage(server, driver="sdk")).data
        native.ensure_container()
        rust, dal = obstore(server), opendal(server)
        yield {
            OURS: Client(native.save_bytes, native.load_bytes),
            SDK: Client(
                lambda key, data: sdk.upload_blob(key, data, overwrite=True),
                lambda key: sdk.download_blob(key).readall(),
            ),
            OBSTORE: rust,
            OPENDAL: dal,
            OUR_SDK_DRIVER: Client(driver.save_bytes, driver.load_bytes),
        }


def storage(server: Azurite, *, driver: Literal["native", "sdk"] = "native") -> Storage:
    """The whole stack, as a configuration wires it."""
    azure: Any = {"driver": driver, "connection_string": server.connection_string}
    return Storage(Settings(storage=StorageSettings(type="azure_blob", azure=azure)))


def obstore(server: Azurite) -> Client:
    """With one store for all threads."""
    # By name: `make check` has to pass where the peers are not installed.
    module: Any = import_module("obstore")
    options: dict[str, object] = (
        {"allow_http": True}
        if server.ca_file is None
        else {"root_certificate": server.ca_file.read_bytes()}
    )
    store = import_module("obstore.store").AzureStore(
        CONTAINER,
        account_name=server.account_name,
        account_key=server.account_key,
        endpoint=server.account_url,
        client_options=options,
    )
    return Client(
        lambda key, data: module.put(store, key, data),
        lambda key: bytes(module.get(store, key).bytes()),
    )


def opendal(server: Azurite) -> Client:
    """With one operator for all threads; it gets its trust from the environment."""
    operator: Any = import_module("opendal").Operator(
        "azblob",
        container=CONTAINER,
        endpoint=server.account_url,
        account_name=server.account_name,
        account_key=server.account_key,
    )
    return Client(operator.write, operator.read)


def measured(
    known: Mapping[str, Client], *, rounds: int, operations: int, turn: int = 10, threads: int = 1
) -> dict[str, Timings]:
    """What a "write" of `SIZE` bytes and a "read" take each of the clients."""
    data, found = os.urandom(SIZE), dict[str, Timings]()
    actions: dict[str, Callable[[str, Client], Way]] = {
        "write": lambda name, client: lambda n: client.write(f"{name}/{n}", data),
        "read": lambda name, client: lambda n: client.read(f"{name}/{n}"),
    }
    for action, way_of in actions.items():
        ways = {name: way_of(name, client) for name, client in known.items()}
        found[action] = interleave(
            ways, rounds=rounds, operations=operations, turn=turn, threads=threads
        )
    for name, client in known.items():
        if client.read(f"{name}/0") != data:
            raise RuntimeError(f"{name} did not write what it was given")
    return found
