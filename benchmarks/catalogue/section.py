"""Section on the catalogue's searches, beside SQLite alone and beside a scan of the documents."""

from __future__ import annotations

import os
import sys
from statistics import median, quantiles
from typing import Any, Final

import orjson

from benchmarks.catalogue import scan
from benchmarks.catalogue.searches import CALLS, LIMIT, WAYS
from benchmarks.machine import ROOT, SCRATCH, file_system
from benchmarks.processes import once
from benchmarks.report import Section, Table, time, verdict_of

DOCUMENTS: Final = int(os.environ.get("CATALOGUE_DOCUMENTS", "100000"))
_LOADED: Final = 5000
_RATIO: Final = 1.5
_TAIL: Final = 5.0
_SCAN: Final = 1 / 200
_MEGABYTES: Final = 200
_HEADER: Final = (
    "", "ours", "SQLite", "ratio", "ratio without passages", "p99 / median, CPU",
    "p99 / median, wall", "SQLite's, wall", "part of a scan", "of a `LIKE`", "met",
)  # fmt: skip

METHOD = f"""\
{DOCUMENTS:,} conversations of 15 to 55 words of a vocabulary of 60,000, as frequent as words are; a
tenth also has 20 CJK characters. They are made straight into an index. {CALLS} searches of each
kind for the best {LIMIT}, of many different words, prefixes and tags, in turns of ten with one bare
statement on the same file through `sqlite3`: it fetches all that a hit shows, the text too, and
makes a passage of {LIMIT} texts with `str.find` and a slice, since whoever writes SQL by hand needs
one; the second ratio is without that. Times are CPU time of the thread; the 99th percentile is
shown of that and of wall time. A scan is what is done without a catalogue: {_LOADED:,} of the same
documents in a folder, each loaded by `load_memory` and looked into, times {DOCUMENTS:,} /
{_LOADED:,}; `LIKE` is a scan of the texts in the index, for orientation. Memory is the largest
resident set of the process that made the index, and of that which searched. `CATALOGUE_DOCUMENTS`
sets another number. Asked: a ratio of {_RATIO:g}, a p99 of {_TAIL:g} medians (CPU), 1/200 of a
scan, {_MEGABYTES} MB."""

BOUND = """\
SQLite: to weigh each of the newest 5,000 documents that have a word (bm25) is what a frequent word
costs. Ours besides is Python: the query is read, a connection taken and the file seen to be the
same, and a `Hit` with its time, its tags and a passage with the words marked is made of each row;
that is a fixed part of 0.02 to 0.1 ms, which shows where SQLite has next to nothing to do. Wall
time has the waits for a processor that others use."""


def run() -> Section:
    SCRATCH.mkdir(parents=True, exist_ok=True)
    path, figures = SCRATCH / f"catalogue-{DOCUMENTS}.db", SCRATCH / "searches.json"
    rows = []
    if not path.exists():
        words = (sys.executable, "-m", "benchmarks.catalogue.corpus", str(path), str(DOCUMENTS))
        _, cpu, peak = once(words, ROOT)
        rows.append(_memory(f"the index is made, {cpu:.0f} s of CPU", peak))
    words = (sys.executable, "-m", "benchmarks.catalogue.searches", str(path), str(figures))
    _, _, peak = once(words, ROOT)
    rows.append(_memory("searches", peak))
    found = orjson.loads(figures.read_bytes())
    scanned = scan.seconds_of(_LOADED, of=DOCUMENTS) * DOCUMENTS / _LOADED
    asked = [_searched(name, of, scanned, found["like"]) for name, of in found["seconds"].items()]
    title = f"Searches among {DOCUMENTS:,} conversations ({file_system(SCRATCH)})"
    return Section(title, METHOD, Table(_HEADER, asked + rows), BOUND)


def _searched(
    name: str, seconds: dict[str, Any], scanned: float, like: dict[str, float]
) -> tuple[str, ...]:
    ours, bare, plain = (seconds[way]["cpu"] for way in WAYS)
    typical = median(ours)
    ratio, tail = typical / median(bare), _tail(ours)
    met = max(ratio / _RATIO, tail / _TAIL, typical / scanned / _SCAN)
    of_like = typical / like["cjk" if name.startswith("CJK") else "latin"]
    return (
        name, time(ours), time(bare), f"{ratio:.2f}", f"{typical / median(plain):.2f}",
        f"{tail:.1f}", f"{_tail(seconds['ours']['wall']):.1f}",
        f"{_tail(seconds['bare']['wall']):.1f}", f"1/{scanned / typical:,.0f}",
        f"1/{1 / of_like:,.0f}", verdict_of(met, 1),
    )  # fmt: skip


def _tail(seconds: list[float]) -> float:
    return quantiles(seconds, n=100)[-1] / median(seconds)


def _memory(what: str, megabytes: float) -> tuple[str, ...]:
    verdict = verdict_of(megabytes, _MEGABYTES)
    return (f"memory: {what}", f"{megabytes:.0f} MB", *[""] * (len(_HEADER) - 3), verdict)
