"""Writers of one conversation: how many appends they make together, and how evenly."""

from __future__ import annotations

import itertools
from typing import Final, Literal

from benchmarks.report import Section, Table
from tests.integration.fairness.measure import Case, Outcome, measure

_SECONDS: Final = 30.0
_WRITERS: Final = 6
_THOUGHT: Final = 0.02
_SHARE: Final = 0.5
_LONGEST: Final = {0.0: 2.0, _THOUGHT: 0.5}
_PLACES: Final[tuple[Literal["local", "azurite"], ...]] = ("local", "azurite")
_KINDS: Final[tuple[Literal["processes", "threads"], ...]] = ("processes", "threads")

_HEADER: Final = ("", "appends a second", "median call", "longest call", "least share", "met")

METHOD: Final = f"""\
{_WRITERS} writers, in processes of their own or as threads of one, append to one conversation for
{_SECONDS:.0f} s: each calls again at once, or after 0 to {_THOUGHT * 1000:.0f} ms. The least share
is what the writer with the fewest appends got, as a part of an even one. Asked: no error, no call
over {_LONGEST[0.0]:g} s ({_LONGEST[_THOUGHT]:g} s with pauses), a least share of {_SHARE}."""

BOUND: Final = """\
Each append of a process whose rivals wrote meanwhile costs two requests, and those of threads of
one process one, as they take turns. Without turns and pauses (commit 6cc1ca6) one process or thread
had the field to itself: 1,000 appends a second on disk and 380 on Azurite, and the others one call
each that took the whole run."""


def run() -> Section:
    """Eight cases, of half a minute each."""
    rows = [
        _row(case, measure(case, _SECONDS))
        for think, place, kind in itertools.product(_LONGEST, _PLACES, _KINDS)
        for case in (Case(place, kind, _WRITERS, think),)
    ]
    return Section(f"{_WRITERS} writers of one conversation", METHOD, Table(_HEADER, rows), BOUND)


def _row(case: Case, found: Outcome) -> tuple[str, ...]:
    met = not found.errors and found.longest <= _LONGEST[case.think] and found.least_share >= _SHARE
    return (
        str(case),
        f"{found.per_second:.0f}",
        f"{found.median * 1000:.2g} ms",
        f"{found.longest:.2f} s",
        f"{found.least_share:.2f}",
        "yes" if met else "**no**",
    )
