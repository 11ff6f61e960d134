"""CPU and wall time of a small write and read, beside the bare SDK and two clients in Rust."""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final

from benchmarks.azure import fresh_azurite
from benchmarks.datapath.clients import (
    OBSTORE,
    OPENDAL,
    OUR_SDK_DRIVER,
    OURS,
    SDK,
    SIZE,
    clients,
    measured,
    trusting,
)
from benchmarks.measure import ratio
from benchmarks.report import Section, Table, time
from tests.support.servers.azurite import Azurite, run_azurite

THREADS: Final = (1, 16)
TARGETS: Final[Mapping[str, float]] = {SDK: 0.12, OBSTORE: 0.9}
"""Of the CPU time of each of these."""
_PEERS: Final = (SDK, OBSTORE, OPENDAL, OUR_SDK_DRIVER)
_HEADER: Final = ("", "ours", *(f"of {name}" for name in _PEERS), "met")

METHOD: Final = f"""\
`save_bytes` and `load_bytes` of {SIZE:,} random bytes through the whole stack (FileStorage, retry,
instrument, the native driver; no telemetry SDK is set up), beside `upload_blob` and `download_blob`
of a bare `ContainerClient`, `put` and `get` of obstore, `write` and `read` of opendal (all with
their own defaults, one client for all threads, their synchronous interface), and our stack on the
driver that uses the SDK. All on one Azurite, over HTTP and over TLS, in turns. CPU time is that of
the whole client process, so the threads of the two in Rust count. "Of X" is ours as a part of X's.
Asked, of the CPU time: at most {TARGETS[SDK]:g} of the SDK's, {TARGETS[OBSTORE]:g} of obstore's."""

BOUND: Final = """\
Of ours, the system calls that send and receive are about a third, and cannot be left out; the
rest is the signature, the head of the request and of its answer, and the objects that are made
of them. The two in Rust hand each request to a thread of theirs and wait for it: that is system
calls and switches of the processor which a request by the calling thread does not need. With 16
threads ours share one lock of Python, which each waits for again after every call of the system;
Azurite, which is one Node process, bounds the wall time of all. Two calls of the system fewer,
by timeouts that the system keeps (SO_RCVTIMEO), were tried: 0.9 of the CPU time with 1 thread,
no difference with 16."""


def run(rounds: int = 9, operations: int = 160) -> Section:
    """`operations` a round and way, a multiple of 16."""
    rows: dict[str, list[tuple[str, ...]]] = {"CPU": [], "wall": []}
    with _servers() as servers:
        for server, threads in itertools.product(servers, THREADS):
            with clients(server) as known:
                found = measured(
                    known, rounds=rounds, operations=operations, turn=16, threads=threads
                )
            for action, timings in found.items():
                scheme = server.endpoint.partition(":")[0]
                what = f"{action}, {scheme}, {threads} thread{'s' if threads > 1 else ''}"
                rows["CPU"].append(_row(f"{what}, CPU", timings.cpu, TARGETS))
                rows["wall"].append(_row(f"{what}, wall", timings.wall, {}))
    title = f"A write and a read of {SIZE // 1024} KB beside other clients"
    return Section(title, METHOD, Table(_HEADER, [*rows["CPU"], *rows["wall"]]), BOUND)


@contextmanager
def _servers() -> Iterator[tuple[Azurite, Azurite]]:
    """One over HTTP and one over HTTPS, whose certificate everybody trusts from the beginning:
    opendal has one HTTP client for a process, and asks the environment once.
    """
    with (
        fresh_azurite() as plain,
        TemporaryDirectory() as directory,
        run_azurite(Path(directory), oauth=True) as secure,
        trusting(secure),
    ):
        yield plain, secure


def _row(
    what: str, seconds: Mapping[str, list[float]], targets: Mapping[str, float]
) -> tuple[str, ...]:
    ratios = {name: ratio(seconds[OURS], seconds[name]) for name in _PEERS}
    met = all(ratios[name].median <= limit for name, limit in targets.items())
    verdict = "" if not targets else "yes" if met else "**no**"
    return (what, time(seconds[OURS]), *(str(ratios[name]) for name in _PEERS), verdict)
