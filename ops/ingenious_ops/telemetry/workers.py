"""`/metrics` of a service that runs as several processes: whichever is asked shows them all.

Each listens on a socket of its own in one directory, and tells its series to who connects. A label
`worker` keeps the series of two processes apart, so that no counter falls when one of them ends.
"""

from __future__ import annotations

import json
import logging
import os
import socket
import threading
from collections.abc import Iterable, Iterator
from contextlib import suppress
from pathlib import Path
from time import monotonic
from typing import Final
from weakref import WeakSet

from filelock import FileLock
from prometheus_client import CollectorRegistry
from prometheus_client.core import GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

from ingenious_storage.errors import ConfigurationError

WORKERS: Final = "ingenious_storage_metrics_workers"
_PATIENCE: Final = 2.0
"""Seconds that one scrape waits for the others, all together."""
_MOST: Final = 8 * 1024 * 1024
"""Bytes that one process may answer."""
_LONGEST: Final = 80
"""Of the directory, in bytes: the address of a socket has 104 on some systems."""
_log = logging.getLogger(__name__)


class Workers(Collector):
    """What this process and the others of the directory have counted."""

    def __init__(self, directory: Path, own: CollectorRegistry) -> None:
        """Raises: ConfigurationError; nothing is made yet."""
        self._directory, self._own = directory.absolute(), own
        self._path: Path | None = None
        self._listener: socket.socket | None = None
        if not hasattr(socket, "AF_UNIX"):
            raise self._refused("this system has no Unix sockets", "Export by otlp instead.")
        if len(os.fsencode(self._directory)) > _LONGEST:
            shorter = f"Choose a path of {_LONGEST} bytes at most, such as /run/my-app."
            raise self._refused("its path is too long for a socket", shorter)

    def open(self) -> None:
        """Answer the others from now on. Raises: ConfigurationError."""
        try:
            self._directory.mkdir(mode=0o700, parents=True, exist_ok=True)
            with FileLock(self._directory / ".lock", timeout=_PATIENCE):
                self._path = self._free_path()
                self._listener = socket.socket(socket.AF_UNIX)
                self._listener.bind(str(self._path))
            self._listener.listen(64)
        except OSError as error:  # the lock's timeout too
            why = error.strerror or type(error).__name__
            raise self._refused(why, "Choose a directory that every worker may write.") from error
        threading.Thread(
            target=_answer, args=(self._listener, self._own), name="metrics-worker", daemon=True
        ).start()
        _all.add(self)

    def close(self) -> None:
        """Answer no more; again is fine."""
        _all.discard(self)
        listener, self._listener = self._listener, None
        if listener is not None:
            with suppress(OSError):  # it wakes the thread that waits
                listener.shutdown(socket.SHUT_RDWR)
            listener.close()
        if self._path is not None:
            self._path.unlink(missing_ok=True)

    def collect(self) -> Iterator[Metric]:
        """One family a name, with the samples of all; and how many answered."""
        families: dict[str, Metric] = {}
        asked = [path for path in sorted(self._directory.glob("*.sock")) if path != self._path]
        answered, silent = 1, 0
        _merge(families, "0" if self._path is None else self._path.stem, self._own.collect())
        for path, metrics in _ask(asked):
            if metrics is None:
                silent += 1
            else:
                answered += 1
                _merge(families, path.stem, metrics)
        yield from families.values()
        count = GaugeMetricFamily(
            WORKERS, "Processes, by whether they answered.", labels=["answered"]
        )
        count.add_metric(["yes"], answered)
        count.add_metric(["no"], silent)
        yield count

    def _free_path(self) -> Path:
        """Named by this process; in another container there may be one of the same number."""
        name = str(os.getpid())
        for number in range(1, 1000):
            path = self._directory / (f"{name}.sock" if number == 1 else f"{name}-{number}.sock")
            if not path.exists() or _is_left_over(path):
                path.unlink(missing_ok=True)
                return path
        raise OSError("no name is free")

    def _refused(self, why: str, hint: str) -> ConfigurationError:
        return ConfigurationError(
            f"telemetry.metrics_directory cannot be {self._directory}: {why}", hint=hint
        )

    def _begin_anew(self) -> None:
        """In a child after a fork: the parent keeps its socket."""
        listener, self._listener, self._path = self._listener, None, None
        if listener is not None:
            listener.close()
        try:
            self.open()
        except ConfigurationError as error:
            _log.warning("the metrics of this worker are not shown: %s", error)


def _answer(listener: socket.socket, own: CollectorRegistry) -> None:
    while True:
        try:
            asking, _ = listener.accept()
        except OSError:
            return  # closed
        with asking, suppress(OSError):
            asking.settimeout(_PATIENCE)
            asking.sendall(_dump(own))


def _dump(own: CollectorRegistry) -> bytes:
    families = [
        [
            one.name,
            one.documentation,
            one.type,
            one.unit,
            [[s.name, s.labels, s.value] for s in one.samples],
        ]
        for one in own.collect()
    ]
    return json.dumps(families).encode()


def _load(data: bytes) -> list[Metric]:
    """Raises: ValueError, TypeError when it is not what `_dump` wrote."""
    families = []
    for name, documentation, kind, unit, samples in json.loads(data):
        family = Metric(name, documentation, kind, unit)
        for sample, labels, value in samples:
            family.add_sample(sample, {str(k): str(v) for k, v in labels.items()}, float(value))
        families.append(family)
    return families


def _ask(paths: list[Path]) -> Iterator[tuple[Path, list[Metric] | None]]:
    """What each tells; None when it did not in time. One that has ended is left out and removed."""
    until = monotonic() + _PATIENCE
    for path in paths:
        with socket.socket(socket.AF_UNIX) as connection:
            connection.settimeout(max(0.05, until - monotonic()))
            try:
                connection.connect(str(path))
                yield path, _load(_read(connection, until))
            except (ConnectionRefusedError, FileNotFoundError):
                path.unlink(missing_ok=True)
            except (OSError, ValueError, TypeError, AttributeError) as error:
                _log.warning("worker %s does not tell its metrics: %s", path.stem, error)
                yield path, None


def _read(connection: socket.socket, until: float) -> bytes:
    data = bytearray()
    while chunk := connection.recv(65_536):
        data += chunk
        connection.settimeout(max(0.05, until - monotonic()))
        if len(data) > _MOST:
            raise ValueError("it answers too much")
    return bytes(data)


def _merge(families: dict[str, Metric], worker: str, metrics: Iterable[Metric]) -> None:
    for one in metrics:
        family = families.setdefault(
            one.name, Metric(one.name, one.documentation, one.type, one.unit)
        )
        for sample in one.samples:
            labels = {("exported_" * (k == "worker")) + k: v for k, v in sample.labels.items()}
            family.add_sample(sample.name, {**labels, "worker": worker}, sample.value)


def _is_left_over(path: Path) -> bool:
    with socket.socket(socket.AF_UNIX) as connection:
        connection.settimeout(_PATIENCE)
        try:
            connection.connect(str(path))
        except ConnectionRefusedError:
            return True
        except OSError:
            return False
    return False


_all: Final[WeakSet[Workers]] = WeakSet()


def _after_fork() -> None:
    for workers in list(_all):
        workers._begin_anew()  # noqa: SLF001  # its own class


if hasattr(os, "register_at_fork"):  # not on Windows
    os.register_at_fork(after_in_child=_after_fork)
