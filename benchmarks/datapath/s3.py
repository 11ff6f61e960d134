"""CPU time of a small write and read of S3, beside boto3 and a client in Rust."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from importlib import import_module
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Final

from benchmarks.azure import CONTAINER
from benchmarks.canned import canned
from benchmarks.datapath.clients import OBSTORE, OURS, SIZE, Client, measured
from benchmarks.report import COMPARED, Section, Table, compared
from ingenious_storage import Storage
from ingenious_storage.config import Settings, StorageSettings
from tests.support.servers.s3 import S3Server
from tests.support.servers.seaweedfs import run_seaweedfs

TARGET: Final = 0.15
"""Of the CPU time of boto3."""
_BOTO3: Final = "boto3"

METHOD: Final = f"""\
`save_bytes` and `load_bytes` of {SIZE:,} random bytes through the whole stack, beside `put_object`
and `get_object` of one boto3 client with its own defaults (besides addresses in path style), and
`put` and `get` of obstore; one thread, in turns. On SeaweedFS, and on a server of canned answers.
CPU time is that of the whole client process."""

BOUND: Final = """\
A signature hashes the body and a text of all headers, and the key for it is derived once a day.
boto3 makes each request from a model of the whole service, which it reads once, and computes a
checksum of each body besides the signature's."""


def run(rounds: int = 9, operations: int = 100) -> Section:
    rows: list[tuple[str, ...]] = []
    with TemporaryDirectory() as directory, run_seaweedfs(Path(directory)) as weed:
        rows += _rows(weed, rounds, operations)
    with canned("s3") as (url, _):
        rows += _rows(S3Server("canned", url), rounds, operations)
    title = "S3: a write and a read of 4 KB beside boto3"
    return Section(title, METHOD, Table(COMPARED, rows), BOUND)


def _rows(server: S3Server, rounds: int, operations: int) -> Iterator[tuple[str, ...]]:
    with _clients(server) as known:
        for action, timings in measured(known, rounds=rounds, operations=operations).items():
            what = f"{server.name}: {action}, CPU"
            cpu = timings.cpu
            yield compared(what, cpu[OURS], _BOTO3, cpu[_BOTO3], target=TARGET)
            yield compared(what, cpu[OURS], OBSTORE, cpu[OBSTORE])


@contextmanager
def _clients(server: S3Server) -> Iterator[dict[str, Client]]:
    """Ours, boto3 and obstore. The bucket is there."""
    # By name: `make check` has to pass where the peers are not installed.
    boto3: Any = import_module("boto3")
    config: Any = import_module("botocore.config")
    obstore: Any = import_module("obstore")
    sdk = boto3.client(
        "s3",
        endpoint_url=server.endpoint,
        region_name=server.region,
        aws_access_key_id=server.access_key_id,
        aws_secret_access_key=server.secret_access_key,
        config=config.Config(s3={"addressing_style": "path"}),
    )
    rust = import_module("obstore.store").S3Store(
        CONTAINER,
        endpoint=server.endpoint,
        region=server.region,
        access_key_id=server.access_key_id,
        secret_access_key=server.secret_access_key,
        client_options={"allow_http": True},
    )
    section: Any = server.section
    settings = Settings(storage=StorageSettings(type="s3", s3=section))
    with Storage(settings) as storage:
        files = storage.data
        files.ensure_container()
        yield {
            OURS: Client(files.save_bytes, files.load_bytes),
            _BOTO3: Client(
                lambda key, data: sdk.put_object(Bucket=CONTAINER, Key=key, Body=data),
                lambda key: sdk.get_object(Bucket=CONTAINER, Key=key)["Body"].read(),
            ),
            OBSTORE: Client(
                lambda key, data: obstore.put(rust, key, data),
                lambda key: bytes(obstore.get(rust, key).bytes()),
            ),
        }
