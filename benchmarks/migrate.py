"""Wall and CPU time of a copy to Azure, beside rclone, azcopy and a pool over the bare SDK."""

from __future__ import annotations

import os
import subprocess
import sys
import sysconfig
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from random import Random
from tempfile import TemporaryDirectory
from time import perf_counter
from typing import Final

from azure.storage.blob import AccountSasPermissions, ResourceTypes, generate_account_sas

from benchmarks.azcopy.install import azcopy
from benchmarks.azure import CONTAINER, bare, fresh_azurite
from benchmarks.measure import Timings
from benchmarks.report import COMPARED, Section, Table, compared
from tests.support.servers.azurite import Azurite

TARGET: Final = 1.1
_ROUNDS: Final = 5
_FILES: Final = 5000
_BYTES: Final = 6 * 1024
_SCRIPTS: Final = Path(sysconfig.get_path("scripts"))

_POOL: Final = """
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from azure.storage.blob import ContainerClient
tree, container, connection_string = sys.argv[1:]
with ContainerClient.from_connection_string(connection_string, container) as client:
    def upload(path):
        key = path.relative_to(tree).as_posix()
        client.upload_blob(key, path.read_bytes(), overwrite=False)
    with ThreadPoolExecutor(16) as pool:
        for _ in pool.map(upload, sorted(path for path in Path(tree).rglob("*") if path.is_file())):
            pass
"""

METHOD = f"""\
{_FILES:,} files of {_BYTES // 1024} KB in 50 folders on disk, copied to an empty container:
`ingenious-storage migrate run`, `rclone copy` with its defaults and with 16 transfers, `azcopy
copy`, and 16 threads over one bare `ContainerClient`. Whole processes, from start to end, with the
CPU time of all their threads; a fresh Azurite for each, that all objects are there checked behind
it. {_ROUNDS} rounds, the order changing."""

BOUND = """\
The target was set where 16 threads over the bare SDK were faster than rclone; here they are not,
and so neither is ours, which sends the same requests by the same SDK. Nearly all of our time is the
SDK's and requests' CPU time, more than 1 ms a request, under one global lock, while rclone needs a
quarter of that and waits for Azurite. Ours is faster than the bare pool all the same, with its
journal, its hashes and its refusal to overwrite. The next step is a data path outside of that lock:
obstore needs a ninth of the SDK's CPU time for a request."""


@dataclass(frozen=True, slots=True)
class Way:
    """A command, and what it needs of the environment."""

    command: Sequence[str]
    environment: Mapping[str, str]


def run() -> Section:
    timings = Timings()
    with TemporaryDirectory() as directory:
        tree = Path(directory, "tree")
        _write(tree)
        names, random = [*_ways(tree, Azurite("http://127.0.0.1:0"))], Random(20)
        for number in range(_ROUNDS):
            random.shuffle(names)
            for name in names:
                folder = Path(directory, f"{name}-{number}")
                folder.mkdir()
                wall, cpu = _once(name, tree, folder)
                timings.add(name, wall=wall, cpu=cpu)
    rows = [
        compared(f"{what} time", times["ours"], name, times[name], target=target)
        for what, times, limit in (("wall", timings.wall, TARGET), ("CPU", timings.cpu, None))
        for name in sorted(set(names) - {"ours"})
        for target in [limit if name == _best(timings) else None]
    ]
    return Section(f"Copying {_FILES:,} files", METHOD, Table(COMPARED, rows), BOUND)


def _best(timings: Timings) -> str:
    """The faster of the two tools that the target names."""
    tools = [name for name in timings.wall if name.startswith(("rclone", "azcopy"))]
    return min(tools, key=lambda name: sorted(timings.wall[name])[_ROUNDS // 2])


def _write(tree: Path) -> None:
    random = Random(20)
    for number in range(_FILES):
        path = tree / f"{number % 50:02d}" / f"{number:05d}.bin"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(random.randbytes(_BYTES))


def _once(name: str, tree: Path, folder: Path) -> tuple[float, float]:
    """Wall and CPU seconds of one copy, in `folder`."""
    with fresh_azurite() as server, bare(server) as client:
        client.create_container()
        way = _ways(tree, server)[name]
        environment = {**os.environ, **way.environment, "HOME": str(folder)}
        started = perf_counter()
        process = subprocess.Popen(
            way.command,
            cwd=folder,
            env=environment,
            stdout=subprocess.DEVNULL,
            stderr=(folder / "stderr").open("wb"),
        )
        _, status, usage = os.wait4(process.pid, 0)
        wall = perf_counter() - started
        if status:
            raise RuntimeError(f"{name}: {(folder / 'stderr').read_text()[-2000:]}")
        found = sum(1 for blob in client.list_blobs() if blob.size == _BYTES)
        if found != _FILES:
            raise RuntimeError(f"{name} copied {found} objects")
    return wall, usage.ru_utime + usage.ru_stime


def _ways(tree: Path, server: Azurite) -> dict[str, Way]:
    ours = (str(_SCRIPTS / "ingenious-storage"), "migrate", "run", "--from", str(tree))
    rclone = (
        str(_SCRIPTS / "rclone"),
        "copy",
        str(tree),
        f":azureblob:{CONTAINER}",
        "--azureblob-use-emulator",
        "--azureblob-endpoint",
        server.account_url,
    )
    pool = (sys.executable, "-c", _POOL, str(tree), CONTAINER, server.connection_string)
    ways = {
        "ours": Way(
            (*ours, "--to", "data"),
            {
                "INGENIOUS_STORAGE__TYPE": "azure_blob",
                "AZURE_STORAGE_CONNECTION_STRING": server.connection_string,
            },
        ),
        "rclone": Way(rclone, {}),
        "rclone, 16 transfers": Way((*rclone, "--transfers", "16", "--checkers", "16"), {}),
        "a pool over the bare SDK": Way(pool, {}),
    }
    found = azcopy()
    if found is not None:
        program, environment = found
        target = f"{server.account_url}/{CONTAINER}?{_sas(server)}"
        command = (str(program), "copy", f"{tree}/*", target, "--recursive")
        options = ("--from-to", "LocalBlob", "--skip-version-check")
        ways["azcopy"] = Way((*command, *options), environment)
    return ways


def _sas(server: Azurite) -> str:
    return generate_account_sas(
        server.account_name,
        server.account_key,
        ResourceTypes(service=True, container=True, object=True),
        AccountSasPermissions(read=True, write=True, create=True, list=True, add=True, delete=True),
        expiry=datetime.now(UTC) + timedelta(hours=1),
    )
