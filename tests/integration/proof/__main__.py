"""Record histories on disk and on servers, and have porcupine judge them: the whole matrix.

`make proof SEED=7 OPERATIONS=10000`, or
`python -m tests.integration.proof --place azurite --clients 6 24 --seeds 10`. What is refused is
shown small, and every history is kept in the folder that it names.

A seed decides what each client asks for, the weather, and where processes are killed. In `memory`
it decides the order of the requests too, so that the same seed gives the same history. Elsewhere
threads and processes decide that, and the same seed gives another history of the same kind.
"""

from __future__ import annotations

import argparse
import sys
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import nullcontext
from itertools import product
from pathlib import Path
from tempfile import mkdtemp

from tests.integration.proof.install import install
from tests.integration.proof.judge import judge
from tests.integration.proof.places import PLACES, recorded, restarts_of
from tests.integration.proof.recording.crowd import Crowd
from tests.integration.proof.recording.journal import Call
from tests.integration.proof.recording.kinds import KINDS
from tests.integration.proof.recording.living import small_segments
from tests.integration.proof.recording.stepped import stepped_history
from tests.support.layering import layered, new_key_file


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--place", nargs="+", choices=["memory", *PLACES], default=PLACES)
    parser.add_argument("--kind", nargs="+", choices=[*KINDS], default=[*KINDS])
    parser.add_argument("--layers", nargs="+", choices=["plain", "layered"], default=["plain"])
    parser.add_argument("--clients", type=int, nargs="+", default=[12])
    parser.add_argument("--seeds", type=int, default=1)
    parser.add_argument("--first-seed", type=int, default=0)
    parser.add_argument("--operations", type=int, default=10_000)
    parser.add_argument("--documents", type=int, default=4)
    parser.add_argument("--kills", type=int, default=3, help="of each of three processes")
    chosen = parser.parse_args()
    small_segments()
    folder = Path(mkdtemp(prefix="proof-"))
    print(folder)
    refused = 0
    for layers in chosen.layers:
        with layered(new_key_file(folder)) if layers == "layered" else nullcontext():
            for name, told in _histories(chosen, folder, layers):
                verdict = judge(install(), {name: told}, folder)[name]
                refused += verdict.result != "accepted"
                print(f"{name}: {verdict}", flush=True)
    return min(refused, 1)


def _histories(
    chosen: argparse.Namespace, folder: Path, layers: str
) -> Iterator[tuple[str, list[Call]]]:
    seeds = range(chosen.first_seed, chosen.first_seed + chosen.seeds)
    for place, kind, clients, seed in product(chosen.place, chosen.kind, chosen.clients, seeds):
        name, began = f"{place}-{kind}-{layers}-{clients}-{seed}", time.monotonic()
        crowd = Crowd(
            seed,
            chosen.operations,
            kind,
            clients,
            documents=chosen.documents,
            kills=chosen.kills,
            restarts=restarts_of(place, 2),
        )
        if place == "memory":
            told = stepped_history(seed, clients=clients, calls=chosen.operations, kind=kind)
        else:
            (folder / name).mkdir()
            told = recorded(place, crowd, folder / name)
        took = time.monotonic() - began
        unknown = sum(call["return"] is None for call in told)
        wrong = " ".join(f"{count} {what}" for what, count in Counter(crowd.counted).items())
        print(f"{name}: {len(told)} lines in {took:.1f} s, {unknown} unknown; {wrong}")
        yield name, told


if __name__ == "__main__":
    sys.exit(main())
