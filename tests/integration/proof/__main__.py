"""Record histories in memory and on servers, and have porcupine judge them: the whole matrix.

`python -m tests.integration.proof --place azurite --clients 6 24 --seeds 10`; what is refused is
shown small, and every history is kept in the folder that it names.
"""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Callable, Mapping
from contextlib import nullcontext
from functools import partial
from pathlib import Path
from tempfile import mkdtemp
from typing import Any, Final

from ingenious_storage.documents.format import segment
from tests.integration.proof.calls import MIX
from tests.integration.proof.crowd import crowd_history
from tests.integration.proof.install import install
from tests.integration.proof.judge import judge
from tests.integration.proof.stepped import stepped_history
from tests.integration.proof.witness import Call
from tests.library.documents.faults.proxy import fault_proxy
from tests.support.layering import layered, new_key_file
from tests.support.servers.azurite import run_azurite
from tests.support.servers.fake_gcs import run_fake_gcs
from tests.support.servers.seaweedfs import run_seaweedfs
from tests.support.servers.versitygw import run_versitygw
from tests.support.stores import RunningStore, of_azurite, of_gcs, of_s3

_SERVERS: Final[Mapping[str, tuple[Callable[[Path], Any], Callable[[Any], RunningStore]]]] = {
    "azurite": (run_azurite, of_azurite),
    "versitygw": (run_versitygw, of_s3),
    "seaweedfs": (run_seaweedfs, of_s3),
    "fake_gcs": (run_fake_gcs, of_gcs),
}


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument(
        "--place", nargs="+", choices=["memory", *_SERVERS], default=["memory", "azurite"]
    )
    parser.add_argument("--clients", type=int, nargs="+", default=[6, 24])
    parser.add_argument("--seeds", type=int, default=10)
    parser.add_argument("--first-seed", type=int, default=0)
    parser.add_argument("--calls", type=int, default=3000)
    parser.add_argument("--without", nargs="*", choices=[*MIX], default=[])
    parser.add_argument("--layers", action="store_true", help="compress, encrypt and cache")
    chosen = parser.parse_args()
    mix = {kind: share for kind, share in MIX.items() if kind not in chosen.without}
    segment.MAX_ENTRIES, segment.MAX_SEGMENTS_TO_KEYFRAME = 4, 3  # type: ignore[misc]
    folder = Path(mkdtemp(prefix="proof-"))
    print(folder)
    with layered(new_key_file(folder)) if chosen.layers else nullcontext():
        refused = _judged(chosen, mix, folder)
    return min(refused, 1)


def _judged(chosen: argparse.Namespace, mix: Mapping[str, int], folder: Path) -> int:
    """How many histories are not accepted."""
    refused = 0
    for place in chosen.place:
        record = stepped_history if place == "memory" else partial(_on_a_server, place, folder)
        for clients in chosen.clients:
            for seed in range(chosen.first_seed, chosen.first_seed + chosen.seeds):
                began = time.monotonic()
                told = record(seed, clients=clients, calls=chosen.calls, mix=mix)
                took = time.monotonic() - began
                name = f"{place}-{clients}-{seed}"
                verdict = judge(install(), {name: told}, folder)[name]
                refused += verdict.result != "accepted"
                unknown = sum(call["return"] is None for call in told)
                print(f"{name}: {len(told)} calls in {took:.1f} s, {unknown} unknown: {verdict}")
                sys.stdout.flush()
    return refused


def _on_a_server(
    name: str, folder: Path, seed: int, *, clients: int, calls: int, mix: Mapping[str, int]
) -> list[Call]:
    """A server for each history: one in memory gets slower with all that it was ever sent."""
    run, of_server = _SERVERS[name]
    with run(Path(mkdtemp(dir=folder))) as server:
        store = of_server(server)
        with fault_proxy(store, store.api) as proxy:
            return crowd_history(seed, store, proxy, clients=clients, calls=calls, mix=mix)


if __name__ == "__main__":
    sys.exit(main())
