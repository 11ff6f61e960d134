"""A table of every case, and beside it that of another checkout: the state before a change.

`python -m tests.integration.fairness --seconds 30 --before ../checkout-of-an-older-commit`
"""

from __future__ import annotations

import argparse
import itertools
from pathlib import Path
from typing import Final

from tests.integration.fairness.measure import ROOT, Case, Outcome, measure

_PLACES: Final = ("local", "azurite")
_KINDS: Final = ("processes", "threads")
_HEADER: Final = ("case", "library", "appends/s", "median", "longest", "least share", "errors")
_CALLS: Final = "calls of each writer"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=float, default=30.0)
    parser.add_argument("--writers", type=int, nargs="+", default=[6, 2])
    parser.add_argument("--think", type=float, nargs="+", default=[0.0, 0.02])
    parser.add_argument("--place", nargs="+", choices=_PLACES, default=_PLACES)
    parser.add_argument("--kind", nargs="+", choices=_KINDS, default=_KINDS)
    parser.add_argument("--before", type=Path, help="a checkout that is measured beside this one")
    chosen = parser.parse_args()
    libraries = {"now": ROOT}
    if chosen.before:
        libraries = {"before": chosen.before.resolve(strict=True), **libraries}
    print(*(f"{name:>12}" for name in _HEADER[1:]), f" {_HEADER[0]}; {_CALLS}")
    for think, writers in itertools.product(chosen.think, chosen.writers):
        for place, kind in itertools.product(chosen.place, chosen.kind):
            case = Case(place, kind, writers, think)
            for name, library in libraries.items():
                print(_row(name, case, measure(case, chosen.seconds, library=library)), flush=True)


def _row(library: str, case: Case, outcome: Outcome) -> str:
    cells = (
        library,
        f"{outcome.per_second:.1f}",
        f"{outcome.median * 1000:.2f} ms",
        f"{outcome.longest:.3f} s",
        f"{outcome.least_share:.2f}",
        f"{sum(outcome.errors.values())}",
    )
    line = " ".join(f"{cell:>12}" for cell in cells)
    counts = " ".join(str(len(calls)) for calls in outcome.took)
    errors = "".join(f"\n    {count} x {error}" for error, count in outcome.errors.items())
    return f"{line}  {case}; {counts}{errors}"


main()
