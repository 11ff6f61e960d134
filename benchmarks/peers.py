"""The same small write and read by each of the usual ways to a blob, for the record."""

from __future__ import annotations

import os
from importlib import import_module
from typing import Any, Final

from benchmarks.azure import CONTAINER, bare, fresh_azurite, ours
from benchmarks.measure import Timings, Way, interleave
from benchmarks.report import Section, Table, time
from tests.support.servers.azurite import Azurite

SIZE: Final = 4096
OURS: Final = "`FileStorage`"
SDK: Final = "azure-storage-blob"
_OPERATIONS: Final = 50

METHOD = f"""\
{SIZE:,} bytes, written over a blob that is there and read again, one operation at a time, all on
one Azurite and in turns: `save_bytes` and `load_bytes`; `upload_blob` and `download_blob` of the
bare SDK; `pipe_file` and `cat_file` of adlfs; `write_bytes` and `read_bytes` of cloudpathlib, with
`FileCacheMode.close_file`, so that every read reads; `put` and `get` of obstore, all synchronous.
CPU is that of the whole client process, threads included. 9 rounds of 50 operations, in turns of
10."""

BOUND = """\
obstore is Rust: what it saves is the SDK's pipeline, which all others pay for. adlfs adds an event
loop on a thread of its own. cloudpathlib 0.26 sends 9 requests for this write and 6 for the read
(counted); the others on the SDK send one."""


def run() -> Section:
    with fresh_azurite() as server:
        written, read = _measure(server)
    columns = (written.cpu, written.wall, read.cpu, read.wall)
    rows = [(name, *(time(column[name]) for column in columns)) for name in written.cpu]
    header = ("", "write, CPU", "write, wall", "read, CPU", "read, wall")
    return Section("Beside other libraries", METHOD, Table(header, rows), BOUND)


def _measure(server: Azurite) -> tuple[Timings, Timings]:
    # By name: `make check` has to pass where the peers are not installed.
    adlfs: Any = import_module("adlfs")
    cloudpathlib: Any = import_module("cloudpathlib")
    obstore: Any = import_module("obstore")
    stores: Any = import_module("obstore.store")
    data = os.urandom(SIZE)
    with ours(server) as storage, bare(server) as sdk:
        file_system = adlfs.AzureBlobFileSystem(connection_string=server.connection_string)
        rust = stores.AzureStore(
            CONTAINER,
            account_name=server.account_name,
            account_key=server.account_key,
            endpoint=server.account_url,
            client_options={"allow_http": True},
        )
        client = cloudpathlib.AzureBlobClient(
            connection_string=server.connection_string,
            file_cache_mode=cloudpathlib.enums.FileCacheMode.close_file,
        )
        paths = [client.CloudPath(f"az://{CONTAINER}/paths/{n}") for n in range(_OPERATIONS)]
        writes: dict[str, Way] = {
            OURS: lambda n: storage.data.save_bytes(f"ours/{n}", data),
            SDK: lambda n: sdk.upload_blob(f"sdk/{n}", data, overwrite=True),
            "adlfs": lambda n: file_system.pipe_file(f"{CONTAINER}/adlfs/{n}", data),
            "cloudpathlib": lambda n: paths[n].write_bytes(data),
            "obstore": lambda n: obstore.put(rust, f"obstore/{n}", data),
        }
        reads: dict[str, Way] = {
            OURS: lambda n: storage.data.load_bytes(f"ours/{n}"),
            SDK: lambda n: sdk.download_blob(f"sdk/{n}").readall(),
            "adlfs": lambda n: file_system.cat_file(f"{CONTAINER}/adlfs/{n}"),
            "cloudpathlib": lambda n: paths[n].read_bytes(),
            "obstore": lambda n: bytes(obstore.get(rust, f"obstore/{n}").bytes()),
        }
        return (
            interleave(writes, rounds=9, operations=_OPERATIONS, turn=10),
            interleave(reads, rounds=9, operations=_OPERATIONS, turn=10),
        )
