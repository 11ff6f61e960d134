"""`/metrics` of two real uvicorn workers, and what becomes of it when one hangs, dies or forks."""

from __future__ import annotations

import json
import os
import re
import signal
import socket
import subprocess
import sys
import threading
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from time import monotonic

import pytest
from opentelemetry.proto.metrics.v1.metrics_pb2 import HistogramDataPoint
from prometheus_client import CollectorRegistry, Gauge, Histogram, generate_latest
from prometheus_client import Counter as Metric
from prometheus_client.openmetrics.exposition import generate_latest as openmetrics

from ingenious_ops.telemetry import setup_telemetry
from ingenious_ops.telemetry.servers import sign_of_workers
from ingenious_ops.telemetry.workers import Workers
from ingenious_storage.config import TelemetrySettings
from ingenious_storage.errors import ConfigurationError
from tests.ops.health.serving import fetch
from tests.support.polling import eventually
from tests.support.servers.collector import run_collector

ROOT = Path(__file__).parents[3]
SAVED = re.compile(r'ingenious_storage_revisions_total\{.*?worker="(\d+)".*?\} (\S+)')
WARNING = "/metrics shows one worker only"
pytestmark = pytest.mark.skipif(not hasattr(socket, "AF_UNIX"), reason="needs Unix sockets")


@pytest.fixture
def place() -> Iterator[Path]:
    """A short path: an address of a socket has 104 bytes."""
    with TemporaryDirectory(prefix="metrics-") as folder:
        yield Path(folder) / "shared"


@dataclass
class Served:
    url: str
    log: Path

    def save(self) -> int:
        pid = json.loads(fetch(f"{self.url}/save")[1])["pid"]
        assert isinstance(pid, int)
        return pid

    def saved(self) -> Counter[int]:
        """Saves by worker, as one scrape of whichever worker shows them."""
        text = fetch(f"{self.url}/storage/metrics")[1]
        return Counter({int(pid): int(float(value)) for pid, value in SAVED.findall(text)})

    def text(self) -> str:
        return fetch(f"{self.url}/storage/metrics")[1]


@contextmanager
def two_workers(folder: Path, **variables: str) -> Iterator[Served]:
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    command = [
        sys.executable,
        "-m",
        "uvicorn",
        "tests.ops.telemetry.served:app",
        "--workers",
        "2",
        "--host",
        "127.0.0.1",
        "--port",
        str(port),
        "--log-level",
        "warning",
    ]
    env = {**os.environ, "PYTHONPATH": str(ROOT), **variables}
    env["INGENIOUS_STORAGE__BASE_PATH"] = str(folder / "data")
    log = folder / "log"
    with (
        log.open("wb") as output,
        subprocess.Popen(command, cwd=folder, env=env, stdout=output, stderr=output) as process,
    ):
        try:
            served = Served(f"http://127.0.0.1:{port}", log)
            eventually(lambda: _is_up(served), within=60, pause=0.1)
            yield served
        finally:
            process.terminate()
            try:
                process.wait(200)
            except subprocess.TimeoutExpired:
                process.kill()


def _is_up(served: Served) -> bool:
    try:
        return fetch(f"{served.url}/storage/livez", timeout=5)[0] == 200
    except OSError:
        return False


def of_both(served: Served) -> Counter[int]:
    """Saves until each worker has made some; who made how many."""
    made: Counter[int] = Counter()

    def each_has() -> bool:
        made[served.save()] += 1
        return len(made) == 2 and min(made.values()) >= 3

    eventually(each_has, within=100)
    return made


@pytest.mark.slow
def test_two_uvicorn_workers_answer_as_one(tmp_path: Path, place: Path) -> None:
    variables = {"INGENIOUS_TELEMETRY__METRICS_DIRECTORY": str(place)}
    with two_workers(tmp_path, **variables) as served:
        made = of_both(served)
        assert [served.saved() for _ in range(24)] == [made] * 24
        assert f'worker="{min(made)}"' in served.text()
        assert 'ingenious_storage_metrics_workers{answered="yes"} 2.0' in served.text()
        first, second = made
        os.kill(first, signal.SIGKILL)  # uvicorn starts another in its place
        eventually(lambda: first not in served.saved(), within=100)
        assert served.saved()[second] == made[second]
        both = eventually(lambda: len(list(place.glob("*.sock"))) == 2, within=100)
        assert both
        made_since = of_both(served)
        eventually(lambda: served.saved()[second] == made[second] + made_since[second])
        assert WARNING not in served.log.read_text()
    assert list(place.glob("*.sock")) == []


@pytest.mark.slow
def test_two_workers_without_a_directory_are_warned_of(tmp_path: Path) -> None:
    with two_workers(tmp_path) as served:
        of_both(served)
    log = served.log.read_text()
    assert log.count(WARNING) == 2  # each worker
    assert "telemetry.metrics_directory" in log


def registry(name: str, value: int) -> CollectorRegistry:
    made = CollectorRegistry()
    Metric("saved", "Saves.", ["container"], registry=made).labels("data").inc(value)
    Gauge("up", "Whether.", ["worker"], registry=made).labels(name).set(1)
    Histogram("took", "Time.", unit="seconds", buckets=(1, 2), registry=made).observe(value)
    return made


@contextmanager
def opened(directory: Path, value: int) -> Iterator[CollectorRegistry]:
    workers = Workers(directory, registry(f"own{value}", value))
    shown = CollectorRegistry()
    shown.register(workers)
    workers.open()
    try:
        yield shown
    finally:
        workers.close()


def test_two_registries_show_the_same(place: Path) -> None:
    with opened(place, 1) as one, opened(place, 2) as other:
        for encode in (generate_latest, openmetrics):
            text = encode(one).decode()
            assert sorted(text.splitlines()) == sorted(encode(other).decode().splitlines())
            pid = os.getpid()
            assert f'saved_total{{container="data",worker="{pid}"}} 1.0' in text
            assert f'saved_total{{container="data",worker="{pid}-2"}} 2.0' in text
            assert f'up{{exported_worker="own2",worker="{pid}-2"}} 1.0' in text
            assert f'took_seconds_bucket{{le="2.0",worker="{pid}-2"}} 1.0' in text
            assert text.count("# TYPE took_seconds histogram") == 1
        assert oct(place.stat().st_mode)[-3:] == "700"
    assert list(place.glob("*.sock")) == []


@pytest.mark.parametrize(
    "answer", [b"", b"nonsense", b"[[1]]", b'[["a","b","counter","",[["a",1,2]]]]']
)
def test_a_worker_that_tells_nonsense_is_counted(place: Path, answer: bytes) -> None:
    with opened(place, 1) as shown, socket.socket(socket.AF_UNIX) as foreign:
        foreign.bind(str(place / "9.sock"))
        foreign.listen()
        foreign.settimeout(10)

        def tell() -> None:
            connection, _ = foreign.accept()
            with connection:
                connection.sendall(answer)

        thread = threading.Thread(target=tell)
        thread.start()
        text = generate_latest(shown).decode()
        thread.join()
    assert 'ingenious_storage_metrics_workers{answered="no"} 1.0' in text
    assert 'saved_total{container="data"' in text


def test_workers_that_hang_cost_two_seconds_together(place: Path) -> None:
    with opened(place, 1) as shown, socket.socket(socket.AF_UNIX) as hangs:
        hangs.bind(str(place / "9.sock"))
        hangs.listen()
        for number in range(10, 30):
            os.link(place / "9.sock", place / f"{number}.sock")
        began = monotonic()
        text = generate_latest(shown).decode()
        assert monotonic() - began < 30  # one after the other takes forty
    assert 'ingenious_storage_metrics_workers{answered="no"} 21.0' in text


def test_what_a_killed_worker_left_is_removed(place: Path) -> None:
    place.mkdir()
    for name in (f"{os.getpid()}.sock", "9.sock"):
        with socket.socket(socket.AF_UNIX) as dead:
            dead.bind(str(place / name))
    with opened(place, 1) as shown:
        text = generate_latest(shown).decode()
        assert [path.name for path in place.glob("*.sock")] == [f"{os.getpid()}.sock"]
    assert 'ingenious_storage_metrics_workers{answered="yes"} 1.0' in text
    assert 'ingenious_storage_metrics_workers{answered="no"} 0.0' in text


def test_a_directory_that_cannot_be_is_refused(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    for directory, why in (
        (tmp_path / "file", "cannot be"),
        (Path("/") / ("x" * 100), "too long"),
        (Path("/proc/none"), "cannot be"),
    ):
        settings = TelemetrySettings(exporter=("prometheus",), metrics_directory=directory)
        with pytest.raises(ConfigurationError, match=why) as refused:
            setup_telemetry(settings, set_global=False)
        assert str(directory) in str(refused.value)
        assert refused.value.hint


FORKED = """
import os, sys, time
from pathlib import Path
from prometheus_client import generate_latest
from ingenious_ops.telemetry import setup_telemetry
from ingenious_storage import MemoryManager
from ingenious_storage.backends.inmemory import InMemoryBackend
from ingenious_storage.config import TelemetrySettings
from ingenious_storage.file_storage import FileStorage
from ingenious_storage.layers.instrument import InstrumentLayer

directory, url = sys.argv[1:]
settings = TelemetrySettings(
    exporter=["prometheus", "otlp"], endpoint=url, metrics_directory=directory, metric_interval=3600
)
layer = InstrumentLayer(InMemoryBackend(), container="data")
memory = MemoryManager(FileStorage(layer))
def shown():
    text = generate_latest(telemetry.prometheus).decode()
    return sorted(float(line.split()[-1]) for line in text.splitlines()
                  if line.startswith("ingenious_storage_revisions_total"))
telemetry = setup_telemetry(settings)
for number in range(5):
    memory.save_memory("c", number)
ready, go = os.pipe(), os.pipe()
if os.fork() == 0:
    memory.save_memory("c", 6)
    memory.save_memory("c", 7)
    os.write(ready[1], b"x")
    os.read(go[0], 1)
    telemetry.shutdown()
    os._exit(0)
os.read(ready[0], 1)
print(shown())
os.write(go[1], b"x")
os.wait()
memory.save_memory("c", 8)
print(shown())
telemetry.shutdown()
print(sorted(path.name for path in Path(directory).glob("*.sock")))
"""


def puts(point: HistogramDataPoint) -> int:
    """How many it counts, if they are puts."""
    is_put = any(pair.value.string_value == "put" for pair in point.attributes)
    return point.count if is_put else 0


@pytest.mark.skipif(not hasattr(os, "fork"), reason="this system has no fork")
def test_a_forked_worker_counts_from_zero(place: Path) -> None:
    """By Prometheus and by OTLP: five before the fork, two in the child, one more in the parent."""
    with run_collector() as collector:
        done = subprocess.run(
            [
                sys.executable,
                "-W",
                "ignore::DeprecationWarning",
                "-c",
                FORKED,
                place,
                collector.url,
            ],
            capture_output=True,
            text=True,
            timeout=200,
            check=False,
        )
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.splitlines() == ["[2.0, 5.0]", "[6.0]", "[]"]
    sums = [one.sum for one in collector.metrics if one.name == "ingenious.storage.revisions"]
    assert [one.data_points[0].as_int for one in sums] == [2, 6]
    name = "ingenious.storage.operation.duration"
    durations = [one.histogram.data_points for one in collector.metrics if one.name == name]
    assert [sum(map(puts, points)) for points in durations] == [2, 6]
    assert len({resource["service.instance.id"] for resource in collector.resources}) == 2


@pytest.mark.parametrize(
    ("name", "value", "sign"),
    [
        ("WEB_CONCURRENCY", "4", "WEB_CONCURRENCY is 4"),
        ("WEB_CONCURRENCY", "1", None),
        ("WEB_CONCURRENCY", "x", None),
        ("SERVER_SOFTWARE", "gunicorn/23.0.0", "gunicorn runs it"),
    ],
)
def test_signs_of_workers(
    monkeypatch: pytest.MonkeyPatch, name: str, value: str, sign: str | None
) -> None:
    monkeypatch.setenv(name, value)
    assert sign_of_workers() == sign


def test_a_sign_of_workers_is_told_once(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture, place: Path
) -> None:
    monkeypatch.setenv("WEB_CONCURRENCY", "2")
    for directory, told in ((None, 1), (place, 0)):
        caplog.clear()
        settings = TelemetrySettings(exporter=("prometheus",), metrics_directory=directory)
        with setup_telemetry(settings, set_global=False):
            found = [one.getMessage() for one in caplog.records if WARNING in one.getMessage()]
            assert len(found) == told
