"""docs/metrics.md says what is emitted: all of it is provoked here, and compared both ways."""

from __future__ import annotations

import asyncio
import io
import logging
import re
from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from datetime import timedelta
from logging.handlers import QueueHandler
from pathlib import Path
from queue import SimpleQueue
from types import SimpleNamespace
from typing import Any, get_args

import pytest
from opentelemetry.trace import SpanKind

from ingenious_ops.api.telemetry import ATTR_STATUS
from ingenious_ops.bulk.ranges import Range
from ingenious_ops.bulk.watched import Watched
from ingenious_ops.bulk.work import Death, Executor, Outcome, Work, unheard
from ingenious_storage import telemetry
from ingenious_storage.backends.inmemory import InMemoryBackend
from ingenious_storage.backends.sharded.backend import ShardedBackend
from ingenious_storage.catalogue.telemetry import Became, count, timed
from ingenious_storage.documents import DocumentStore, copy, gc, prune, purge, repair, verify
from ingenious_storage.documents.writing.pauses import Pauses
from ingenious_storage.errors import KeyDestroyedError, KeyUnavailableError, StorageError
from ingenious_storage.file_storage import FileStorage
from ingenious_storage.health import Health
from ingenious_storage.layers.instrument import InstrumentLayer
from ingenious_storage.layers.retry import RetryLayer, RetryPolicy
from ingenious_storage.layers.telemetry import (
    Answered,
    CacheTelemetry,
    CompressionTelemetry,
    KeyTelemetry,
    Level,
)
from tests.support.api import ask_the_api
from tests.support.faults import FaultyBackend, before, lost, on, refused, throttled
from tests.support.telemetry import Watch, watching

PAGE = (Path(__file__).resolve().parents[3] / "docs/metrics.md").read_text(encoding="utf-8")
PREFIX = telemetry.SPAN_PREFIX
SECRETS = re.compile(r"conversations|secret|memory\.json|write_id|[0-9a-f]{16}")
KEY = "conversations/secret/memory.json"


def table(heading: str) -> list[list[str]]:
    """The cells of the first table below a line that contains `heading`."""
    lines = PAGE[PAGE.index(heading) :].splitlines()
    start = next(n for n, line in enumerate(lines) if line.startswith("|---"))
    rows = []
    for line in lines[start + 1 :]:
        if not line.startswith("|"):
            break
        rows.append([cell.strip() for cell in line.strip("|").split("|")])
    return rows


def names(cell: str) -> frozenset[str]:
    return frozenset(re.findall(r"`([^`]+)`", cell))


def full(attributes: frozenset[str]) -> frozenset[str]:
    return frozenset(name if "." in name else PREFIX + name for name in attributes)


METRICS = table("| metric | kind |")
SPANS = table("| span | kind |")
EVENTS = table("| event | attributes |")
LOGS = table("| level | logger |")


@pytest.fixture(scope="module")
def told() -> Iterator[tuple[Watch, list[logging.LogRecord]]]:
    """What a run emits that provokes everything."""
    records: list[logging.LogRecord] = []
    queue: SimpleQueue[logging.LogRecord] = SimpleQueue()
    handler = QueueHandler(queue)
    telemetry.logger.addHandler(handler)
    telemetry.logger.setLevel(logging.INFO)
    try:
        with watching() as watch:
            provoke()
            while not queue.empty():
                records.append(queue.get())
            yield watch, records
    finally:
        telemetry.logger.setLevel(logging.NOTSET)
        telemetry.logger.removeHandler(handler)


def provoke() -> None:
    backend = InMemoryBackend(create=False)
    faulty = FaultyBackend(backend)
    instrumented = InstrumentLayer(faulty, container="data")
    retrying = RetryLayer(instrumented, RetryPolicy(2), sleep=lambda _seconds: None)
    files = FileStorage(retrying)
    store = DocumentStore(files, pauses=Pauses(sleep=lambda _seconds: None), workers=1)
    use_files(files, faulty)
    live(store)
    disturb(store, faulty, backend)
    check_health(files, faulty)
    ask_a_shard()
    layers()
    sync_catalogue()
    work_in_bulk()
    asyncio.run(ask_the_api())


def ask_a_shard() -> None:
    shards = ShardedBackend({"a": InMemoryBackend()})
    shards.ensure_container()
    instrumented = shards.around_stores(lambda store: InstrumentLayer(store, container="data"))
    instrumented.put("k", b"1")


class Cache:
    """Stands for a layer that remembers."""

    container, remembered_bytes = "data", 10


CACHE = Cache()


def go_stale(cache: CacheTelemetry) -> None:
    for _ in range(2):
        cache.stale(1)


def layers() -> None:
    telemetry.watch_cache(CACHE)
    cache, compression, keys = (
        CacheTelemetry("data"),
        CompressionTelemetry("data"),
        KeyTelemetry("data"),
    )
    cache.hit(1)
    cache.revalidated(1)
    cache.miss()
    telemetry.in_span(
        "ingenious.storage.document.load", {}, SpanKind.INTERNAL, lambda _: go_stale(cache)
    )
    compression.written(3, 1)
    compression.read(3, 1)
    for level in get_args(Level):
        with keys.fetching(level):
            pass
    with suppress(StorageError), keys.fetching("vault"):
        raise KeyUnavailableError("no answer")
    keys.refused(KeyDestroyedError("erased"))


def sync_catalogue() -> None:
    for became in get_args(Became):
        count("data", became, 1)

    @timed
    def sync(_catalogue: object, error: StorageError | None) -> None:
        if error is not None:
            raise error

    sync(None, None)
    with suppress(StorageError):
        sync(None, KeyUnavailableError("no answer"))


class Cluster(Executor):
    """Stands for one of which a worker dies, and another meets an error."""

    def run(
        self,
        work: Work,
        ranges: Iterable[Range],
        *,
        stopped: Any = None,
        on_death: Callable[[Death], None] = unheard,
    ) -> Iterator[Outcome]:
        on_death(Death("worker", "it left the cluster"))
        for range_ in ranges:
            yield Outcome(range_)
            yield Outcome(range_, error=KeyUnavailableError("no answer"))


def work_in_bulk() -> None:
    with Watched(Cluster(), "dask") as executor:
        ended = executor.run(Work(print), [Range(0, "a", "b", 2, 2)])
        assert len(list(ended)) == 2


def use_files(files: FileStorage, faulty: FaultyBackend) -> None:
    files.ensure_container()
    files.container_exists()
    faulty.rule = on("put", "head", throttled)
    files.save_bytes("a", b"data")
    files.exists("a")
    files.backend.upload("b", io.BytesIO(b"stream"))
    files.load_bytes("b")
    files.delete("a")
    files.delete_many(["b"])


def live(store: DocumentStore) -> None:
    store.create(KEY, 1)
    store.save_new(KEY + "2", 1)
    store.save(KEY, 2)
    store.update(KEY, lambda data: data + 1)
    store.delete(KEY)
    store.restore(KEY)
    store.rollback(KEY, 1)
    store.load(KEY)
    store.history(KEY)
    store.landed(KEY, "0123456789abcdef")
    list(store.list("conversations/"))
    copy(store, KEY, KEY + "3")
    prune(store, KEY, superseded=timedelta(0))
    purge(store, KEY + "2")
    repair(store)
    gc(store)


def disturb(store: DocumentStore, faulty: FaultyBackend, backend: InMemoryBackend) -> None:
    theirs = DocumentStore(FileStorage(backend))
    faulty.rule = on("put", "head", before(lambda: theirs.save(KEY, "theirs")))
    store.save(KEY, "ours")
    for answers in ((lost,), (refused, refused)):
        faulty.rule = on("put", "head", *answers)
        store.save(KEY, "lost")
    faulty.rule = lambda request: refused if request.role == "head" else None
    with suppress(StorageError):
        store.save(KEY, "unknown")
    faulty.rule = None
    backend.put(KEY, b'{"cut')
    with suppress(StorageError):
        store.load(KEY)
    verify(store)


def check_health(files: FileStorage, faulty: FaultyBackend) -> None:
    times = iter(range(0, 10_000, 1000))
    health = Health(SimpleNamespace(probes={"data": files}), clock=lambda: next(times))
    faulty.rule = lambda _request: refused
    health.report()
    faulty.rule = None
    health.report()


def test_the_metrics(told: tuple[Watch, Any]) -> None:
    kinds = {"histogram": "Histogram", "counter": "Sum", "level": "Sum", "gauge": "Gauge"}
    documented = {
        (name.strip("`"), kinds[kind], unit.strip("`"), full(names(attributes)))
        for name, kind, unit, attributes, *_ in METRICS
    }
    emitted = {
        (name, metric.kind, metric.unit, frozenset().union(*(a for a, _ in metric.points)))
        for name, metric in told[0].metrics().items()
    }
    assert emitted == documented


def test_their_names_in_prometheus(told: tuple[Watch, Any]) -> None:
    families = {
        family.name + ("_total" if family.type == "counter" else "")
        for family in told[0].registry.collect()
    }
    assert families - {"target"} == {row[4].strip("`") for row in METRICS}


def test_the_values_of_the_attributes(told: tuple[Watch, Any]) -> None:
    documented = {row[0].strip("`"): row[1] for row in table("| attribute | values |")}
    points = [point for metric in told[0].metrics().values() for point, _ in metric.points]
    emitted = {(key, value) for attributes in points for key, value in attributes.items()}
    assert {key.removeprefix(PREFIX) for key, _ in emitted} == documented.keys()
    for key, value in emitted:
        if key not in (telemetry.ATTR_ERROR, ATTR_STATUS):
            assert f"`{value}`" in documented[key.removeprefix(PREFIX)]
    outcomes = {value for key, value in emitted if key == telemetry.ATTR_OUTCOME}
    lost = {"landed", "resent", "unknown"}  # withdrawn: test_documents.py
    assert outcomes == {*lost, *get_args(Answered), *get_args(Became)}


def test_the_spans(told: tuple[Watch, Any]) -> None:
    *of_the_library, _ = SPANS
    documented = {
        name.strip("`").replace("OPERATION", operation): (kind, full(names(attributes)))
        for name, kind, attributes, operations in of_the_library
        for operation in names(operations)
    }
    emitted: dict[str, tuple[str, frozenset[str]]] = {}
    for span in told[0].spans:
        if span.kind is SpanKind.SERVER:
            continue
        _, before_it = emitted.get(span.name, ("", frozenset()))
        keys = frozenset(span.attributes or {}) | before_it
        emitted[span.name] = (span.kind.name.lower(), keys)
    assert emitted.keys() == documented.keys()
    for row in of_the_library:
        prefix = row[0].strip("`").removesuffix("OPERATION")
        depth = prefix.count(".")
        of_row = {name: said for name, said in emitted.items() if name.count(".") == depth}
        assert {kind for kind, _ in of_row.values()} == {row[1]}
        assert frozenset().union(*(keys for _, keys in of_row.values())) == full(names(row[2]))


def test_the_spans_of_requests(told: tuple[Watch, Any]) -> None:
    name, kind, attributes, _ = SPANS[-1]
    assert (name, kind) == ("`METHOD ROUTE`", "server")
    found = [span for span in told[0].spans if span.kind is SpanKind.SERVER]
    assert {span.name for span in found} == {"GET", "GET /api/v1/memories/{conversation_id}"}
    emitted = frozenset().union(*(span.attributes or {} for span in found))
    assert emitted == full(names(attributes))


def test_the_events(told: tuple[Watch, Any]) -> None:
    documented = {row[0].strip("`"): full(names(row[1])) for row in EVENTS}
    assert {name: frozenset(keys) for name, keys in told[0].events()} == documented
    owners = {span.name for span in told[0].spans if span.events}
    assert all(name.startswith(telemetry.DOCUMENT_PREFIX) for name in owners)


def test_the_log_records(told: tuple[Any, list[logging.LogRecord]]) -> None:
    documented = {(names(level), names(logger)) for level, logger, _ in LOGS}
    found = {(frozenset({record.levelname}), frozenset({record.name})) for record in told[1]}
    assert found == documented
    assert sum("remembered" in record.getMessage() for record in told[1]) == 1
    told_of = [r for r in told[1] if r.name == telemetry.SCOPE]
    said = {r.levelname: r.getMessage() for r in told_of if "remembered" not in r.getMessage()}
    assert "corrupt" in said["ERROR"]
    assert "unknown" in said["WARNING"]
    assert "not read" in said["INFO"]


def test_nothing_holds_a_key_or_an_id(told: tuple[Watch, list[logging.LogRecord]]) -> None:
    watch, records = told
    texts = [record.getMessage() for record in records]
    texts += [str(metric) for metric in watch.metrics().values()]
    texts += [f"{name} {attributes}" for name, attributes, _ in watch.span_list()]
    texts += [f"{name} {attributes}" for name, attributes in watch.events()]
    assert not [text for text in texts if SECRETS.search(text)]
