"""A soak of any length: `python -m tests.integration.soak --minutes 60`, or `make soak`."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from tempfile import mkdtemp

from tests.integration.soak import judge
from tests.integration.soak.run import soak


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--minutes", type=float, default=60.0)
    parser.add_argument("--seed", type=int, default=0)
    chosen = parser.parse_args()
    folder = Path(mkdtemp(prefix="soak-"))
    print(folder, flush=True)
    with soak(folder, minutes=chosen.minutes, seed=chosen.seed, tell=_tell) as done:
        verdict = judge.judged(done)
    for line in verdict.lines():
        print(line)
    return 1 if verdict.faults else 0


def _tell(text: str) -> None:
    print(text, flush=True)


if __name__ == "__main__":
    sys.exit(main())
