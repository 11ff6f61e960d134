"""Reads of a prompt over HTTP, beside a bare route that returns the same bytes."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from random import Random
from statistics import median, quantiles
from tempfile import TemporaryDirectory
from typing import Final, NamedTuple

from benchmarks.api.client import CONNECTIONS, Call, ask, bytes_of_answer
from benchmarks.api.servers import FILE, KEY, LABEL, SET, TEXT, bare, one_core, ours, store
from benchmarks.measure import fair_collector, ratio
from benchmarks.processes import cpu_of, resident_of
from benchmarks.report import Section, Table
from tests.support.issuer import running_issuer

RATE_TARGET: Final = 0.6
TAIL_TARGET: Final = 4.0
_ROUNDS, _REQUESTS, _TURN = 11, 2000, 250
_BARE: Final = "a bare route of FastAPI"
_FRAMEWORK: Final = "the framework's route, cached, API key"
_PLAIN: Final = "by a label, no cache, API key"
_NOT_ASKED: Final = (_BARE, _FRAMEWORK, _PLAIN)
_PINNED: Final = f"/api/v1/labels/{LABEL}/files/{FILE}"
_OF_SET: Final = f"/api/v1/sets/{SET}/files/{FILE}"
_OF_FRAMEWORK: Final = f"/api/v1/prompts/view/{SET}/{FILE}"
_FLAT: Final = 1.0
_WARMING, _MANY = 25_000, 200_000
_CACHE: Final = {"max_bytes": 64 * 1024 * 1024, "max_age": 3600}
_HEADER: Final = (
    "", "requests a second", "of the bare route's", "CPU a request", "the bare route's, of it",
    "p50", "p99", "p99 / p50", "met",
)  # fmt: skip

METHOD: Final = f"""\
`ingenious-storage serve` on a folder with a prompt set, and a route of FastAPI that returns the
same {len(TEXT):,} bytes and asks nobody who they are, on the same server (uvicorn with httptools,
and the limits of `serve`): processes on one core. {CONNECTIONS} connections ask from the other
one, each for its next answer when it has the last. {_ROUNDS} rounds of {_REQUESTS:,} requests to
each, in turns of {_TURN}, in another order every time. CPU time is the server's. Asked, where a
cache with `max_age` is warm: at least {RATE_TARGET:g} of the rate of the bare route, and a p99 of
at most {TAIL_TARGET:g} medians. Then a fresh server has {_WARMING:,} requests and {_MANY:,} more,
and its resident set is to grow by less than {_FLAT:g} MB with these."""

BOUND: Final = """\
The bare route is a parser, a loop over the sockets and FastAPI; the reads have these too, but for
FastAPI's general way from a request to a function. Their own are the layers around each request
(limits of size and of time, paths as they were sent, headers, a request id), the digest of the
credential, and the question whether what is remembered is still good. Other work on this machine
takes its time from all rates and tails; CPU time is the steadier figure. Without a cache a thread
reads and parses two documents of the folder."""


class _Turn(NamedTuple):
    """Some requests: seconds of all together, CPU seconds of the server, seconds of each."""

    seconds: float
    cpu: float
    times: list[float]


@dataclass(frozen=True, slots=True)
class _Way:
    """One kind of read, and what was measured of it: a value a round."""

    call: Call
    pid: int
    rates: list[float] = field(default_factory=list)
    cpu: list[float] = field(default_factory=list)
    medians: list[float] = field(default_factory=list)
    p99: list[float] = field(default_factory=list)

    def run(self, count: int) -> _Turn:
        before = cpu_of(self.pid)
        seconds, times = ask(self.call, bytes_of_answer(self.call), count)
        return _Turn(seconds, cpu_of(self.pid) - before, times)

    def add(self, turns: list[_Turn]) -> None:
        times = [one for turn in turns for one in turn.times]
        self.rates.append(len(times) / sum(turn.seconds for turn in turns))
        self.cpu.append(sum(turn.cpu for turn in turns) / len(times))
        self.medians.append(median(times))
        self.p99.append(quantiles(times, n=100)[-1])


def run() -> Section:
    with _ways() as ways, fair_collector(), one_core(1):
        _measure(ways)
    rows = [_row(name, way, ways[_BARE]) for name, way in ways.items()]
    with _ways() as ways:
        rows.append(_memory(ways["by a label, cached, API key"]))
    return Section("Prompts over HTTP", METHOD, Table(_HEADER, rows), BOUND)


@contextmanager
def _ways() -> Iterator[dict[str, _Way]]:
    with ExitStack() as stack:
        issuer = stack.enter_context(running_issuer())
        folders = [Path(stack.enter_context(TemporaryDirectory())) for _ in range(2)]
        cached, plain = (
            stack.enter_context(ours(folder, store(folder, cache), issuer))
            for folder, cache in zip(folders, (_CACHE, {}), strict=True)
        )
        alone = stack.enter_context(bare(_PINNED))
        key, token = {"X-API-Key": KEY}, {"Authorization": f"Bearer {issuer.token(exp=2**31)}"}
        calls = {
            _BARE: (alone, _PINNED, {}),
            "by a label, cached, API key": (cached, _PINNED, key),
            "by a label, cached, token": (cached, _PINNED, token),
            "of a set, cached, API key": (cached, _OF_SET, key),
            _FRAMEWORK: (cached, _OF_FRAMEWORK, key),
            _PLAIN: (plain, _PINNED, key),
        }
        yield {
            name: _Way(Call(server.url, path, headers), server.pid)
            for name, (server, path, headers) in calls.items()
        }


def _measure(ways: dict[str, _Way]) -> None:
    order, random = list(ways), Random(20)
    for way in ways.values():
        way.run(_REQUESTS)
    for _ in range(_ROUNDS):
        turns: dict[str, list[_Turn]] = {name: [] for name in ways}
        for _ in range(_REQUESTS // _TURN):
            random.shuffle(order)
            for name in order:
                turns[name].append(ways[name].run(_TURN))
        for name, way in ways.items():
            way.add(turns[name])


def _memory(way: _Way) -> tuple[str, ...]:
    way.run(_WARMING)
    before = resident_of(way.pid)
    way.run(_MANY)
    after = resident_of(way.pid)
    verdict = "yes" if after - before < _FLAT else "**no**"
    said = f"{before:.1f} MB, then {after:.1f} MB"
    return ("memory", said, *[""] * (len(_HEADER) - 3), verdict)


def _row(name: str, way: _Way, peer: _Way) -> tuple[str, ...]:
    rate, cpu = ratio(way.rates, peer.rates), ratio(peer.cpu, way.cpu)
    tail = median(high / middle for high, middle in zip(way.p99, way.medians, strict=True))
    is_met = rate.median >= RATE_TARGET and tail <= TAIL_TARGET
    return (
        name,
        f"{median(way.rates):,.0f}",
        "" if way is peer else str(rate),
        f"{median(way.cpu) * 1e6:.0f} us",
        "" if way is peer else str(cpu),
        f"{median(way.medians) * 1e3:.2f} ms",
        f"{median(way.p99) * 1e3:.2f} ms",
        f"{tail:.1f}",
        ("yes" if is_met else "**no**") if name not in _NOT_ASKED else "",
    )
