"""Wall and CPU time of a copy of many small files, beside rclone, azcopy and the bare SDK."""

from __future__ import annotations

import os
import subprocess
import sys
import sysconfig
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from random import Random
from tempfile import TemporaryDirectory
from time import perf_counter
from typing import Final

from azure.storage.blob import AccountSasPermissions, ResourceTypes, generate_account_sas

from benchmarks.azcopy.install import azcopy
from benchmarks.azure import CONTAINER, bare, canned_azure, fresh_azurite
from benchmarks.measure import Timings
from benchmarks.processes import cpu_of
from benchmarks.report import COMPARED, Section, Table, compared
from tests.support.servers.azurite import Azurite

FILES: Final = 5000
ROUNDS: Final = 5
_BYTES: Final = 6 * 1024
_OURS: Final = "ours"
_RCLONE: Final = "rclone, 16 transfers"
_SCRIPTS: Final = Path(sysconfig.get_path("scripts"))

Server = Callable[[], AbstractContextManager[Azurite]]
SERVERS: Final[Mapping[str, Server]] = {"Azurite": fresh_azurite, "canned": canned_azure}
TARGETS: Final = {
    ("Azurite", "wall time"): 0.76,
    ("Azurite", "CPU time"): 0.6,
    ("canned", "wall time"): 0.55,
}
"""Of rclone's."""

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

METHOD: Final = f"""\
{FILES:,} files of {_BYTES // 1024} KB in 50 folders on disk, copied to an empty container:
`ingenious-storage migrate run`, `rclone copy --transfers 16 --checkers 16`, `azcopy copy`, and 16
threads over one bare `ContainerClient`. Whole processes, from start to end, with the CPU time of
all their threads, and that of the server meanwhile; a fresh server for each, that all objects are
there checked behind it. To Azurite; and to a server of canned answers, written in Go, which checks
no signature and keeps everything in memory, so that the client is nearly all that counts. {ROUNDS}
rounds, the order changing."""

BOUND: Final = """\
On Azurite its own CPU time: it is one Node process, and a client that sends nothing needless waits
for it. rclone asks for each file again after it has sent it, so its server works half as much
again. Ours sends one request a file, which refuses to overwrite; with its journal and its hashes
that is Python under one lock, and on the canned server that lock is the bound: a file takes 0.25 ms
of it, with 1 thread as with 16, which change places 20 times a file. Another 0.4 to 0.5 s is its
start. rclone works on both cores."""


@dataclass(frozen=True, slots=True)
class Way:
    """A command, and what it needs of the environment."""

    command: Sequence[str]
    environment: Mapping[str, str] = field(default_factory=dict)


@dataclass(slots=True)
class _Found:
    clients: Timings = field(default_factory=Timings)
    servers: dict[str, list[float]] = field(default_factory=dict)
    """CPU seconds of the server, a round, by the name of the way."""


def run(rounds: int = ROUNDS, files: int = FILES) -> Section:
    """With a smaller number of files only for a look at how it works."""
    with TemporaryDirectory() as directory:
        tree = Path(directory, "tree")
        _write(tree, files)
        found = {
            where: _measure(server, tree, Path(directory, where), rounds, files)
            for where, server in SERVERS.items()
        }
    rows = [row for where, each in found.items() for row in _rows(where, each)]
    return Section(f"Copying {files:,} files", METHOD, Table(COMPARED, rows), BOUND)


def _rows(where: str, found: _Found) -> Iterator[tuple[str, ...]]:
    times = {
        "wall time": found.clients.wall,
        "CPU time": found.clients.cpu,
        "CPU time of the server": found.servers,
    }
    for what, by_name in times.items():
        for name in sorted(set(by_name) - {_OURS}):
            target = TARGETS.get((where, what)) if name == _RCLONE else None
            yield compared(f"{where}: {what}", by_name[_OURS], name, by_name[name], target=target)


def _measure(server: Server, tree: Path, folder: Path, rounds: int, files: int) -> _Found:
    found, random = _Found(), Random(20)
    names = [*_ways(tree, Azurite("http://127.0.0.1:0"))]
    for number in range(rounds):
        random.shuffle(names)
        for name in names:
            place = folder / f"{name}-{number}"
            place.mkdir(parents=True)
            wall, cpu, served = _once(name, server, tree, place, files)
            found.clients.add(name, wall=wall, cpu=cpu)
            found.servers.setdefault(name, []).append(served)
    return found


def _write(tree: Path, files: int) -> None:
    random = Random(20)
    for number in range(files):
        path = tree / f"{number % 50:02d}" / f"{number:05d}.bin"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(random.randbytes(_BYTES))


def _once(
    name: str, make_server: Server, tree: Path, folder: Path, files: int
) -> tuple[float, float, float]:
    """Wall and CPU seconds of one copy, in `folder`, and the CPU seconds of the server."""
    with make_server() as server, bare(server) as client:
        client.create_container()
        way = _ways(tree, server)[name]
        environment = {**os.environ, **way.environment, "HOME": str(folder)}
        served, started = cpu_of(server.pid), perf_counter()
        process = subprocess.Popen(
            way.command,
            cwd=folder,
            env=environment,
            stdout=subprocess.DEVNULL,
            stderr=(folder / "stderr").open("wb"),
        )
        _, status, usage = os.wait4(process.pid, 0)
        wall, served = perf_counter() - started, cpu_of(server.pid) - served
        if status:
            raise RuntimeError(f"{name}: {(folder / 'stderr').read_text()[-2000:]}")
        copied = sum(1 for blob in client.list_blobs() if blob.size == _BYTES)
        if copied != files:
            raise RuntimeError(f"{name} copied {copied} objects")
    return wall, usage.ru_utime + usage.ru_stime, served


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
        _OURS: Way((*ours, "--to", "data"), variables(server)),
        _RCLONE: Way((*rclone, "--transfers", "16", "--checkers", "16")),
        "a pool over the bare SDK": Way(pool),
    }
    target = f"{server.account_url}/{CONTAINER}?{sas(server)}"
    if found := azcopy_copy(f"{tree}/*", target, "--recursive", "--from-to", "LocalBlob"):
        ways["azcopy"] = found
    return ways


def variables(server: Azurite) -> dict[str, str]:
    """The environment that makes `server` ours."""
    return {
        "INGENIOUS_STORAGE__TYPE": "azure_blob",
        "AZURE_STORAGE_CONNECTION_STRING": server.connection_string,
    }


def azcopy_copy(*arguments: str) -> Way | None:
    """`azcopy copy`, where it is installed."""
    found = azcopy()
    if found is None:
        return None
    program, environment = found
    return Way((str(program), "copy", *arguments, "--skip-version-check"), environment)


def sas(server: Azurite) -> str:
    """What azcopy may do for an hour."""
    return generate_account_sas(
        server.account_name,
        server.account_key,
        ResourceTypes(service=True, container=True, object=True),
        AccountSasPermissions(read=True, write=True, create=True, list=True, add=True, delete=True),
        expiry=datetime.now(UTC) + timedelta(hours=1),
    )
