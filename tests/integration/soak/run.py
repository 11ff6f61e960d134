"""Run of a soak: server, client and Prometheus on one store, and faults one after the other."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from itertools import cycle
from pathlib import Path
from typing import Final

from ingenious_storage import Storage
from ingenious_storage.config import Settings, StorageSettings
from tests.integration.soak.faults import ALERTS, Kind, Sky, Window, sky
from tests.integration.soak.watch import Held, watching
from tests.ops.alerts.rules import scaled
from tests.ops.health.serving import Serving, serving
from tests.support.polling import eventually
from tests.support.servers.prometheus import Prometheus, run_prometheus

ROOT: Final = Path(__file__).parents[3]
SHORT: Final = {
    "2m": "5s",
    "5m": "10s",
    "15m": "60s",
    "30m": "60s",
    "1h": "60s",
    "6h": "60s",
    "1d": "120s",
    "3d": "120s",
}
"""Every duration in the rules of alerts, and what stands for it here; counts and rates stay."""
_WARM: Final = 0.2
"""Of all the time, before the first fault: what is loaded once is loaded then."""
_WINDOW, _CALM = 15.0, 25.0
"""Seconds at the least, of a fault and of the time behind it."""
_PATIENCE: Final = 240.0
"""Seconds for an alert to fire, or to end, on a machine that is busy with other things."""
_PAUSE: Final = 0.3
"""Seconds between two turns of a talker."""


@dataclass
class Soak:
    """What was seen."""

    folder: Path
    url: str = ""
    connection_string: str = ""
    """Of the store, past the proxy."""
    windows: Sequence[Window] = ()
    held: Mapping[str, list[Held]] = field(default_factory=dict)
    """After the first part of the time, by process."""
    fired_before: set[str] = field(default_factory=set)
    """Alerts of these kinds that fired before the first fault."""

    @property
    def ledger(self) -> Path:
        return self.folder / "ledger.jsonl"


@contextmanager
def soak(
    folder: Path, *, minutes: float, seed: int, tell: Callable[[str], object]
) -> Iterator[Soak]:
    """The load and its faults for that long, and until each alert has fired and ended.

    In the block they are over, and the store and the server are there to be looked at.
    """
    done = Soak(folder)
    with ExitStack() as stack:
        above = stack.enter_context(sky(folder / "azurite", seed))
        through = above.proxy.azurite.connection_string
        _make_containers(through)
        server = stack.enter_context(_served(folder, through))
        done.url = server.url
        prometheus = stack.enter_context(
            run_prometheus(
                folder,
                targets=[server.url.removeprefix("http://")],
                job="soak",
                rule_files=scaled(folder / "rules", SHORT),
                interval="2s",
            )
        )
        with _client(through, server.url, done.ledger) as client:
            pids = {"server": server.process.pid, "client": client.pid}
            _all_day(above, prometheus, pids, done, minutes * 60, tell)
        done.windows = above.windows
        done.connection_string = _past(above)
        yield done


def _all_day(  # noqa: PLR0917  # one step of `soak`
    above: Sky,
    prometheus: Prometheus,
    pids: Mapping[str, int],
    done: Soak,
    seconds: float,
    tell: Callable[[str], object],
) -> None:
    expected = frozenset[str]().union(*ALERTS.values())
    until = time.monotonic() + seconds
    _wait(seconds * _WARM)
    done.fired_before = prometheus.firing() & expected
    kinds: list[Kind] = [*ALERTS]
    with watching(pids) as held:
        for number, kind in enumerate(cycle(kinds)):
            if number >= len(kinds) and time.monotonic() + _WINDOW + _CALM > until:
                break
            with above.wrong(kind):
                began = time.monotonic()
                _fires(prometheus, ALERTS[kind])
                _wait(began + _WINDOW - time.monotonic())
            tell(f"{above.windows[-1]}: {', '.join(sorted(prometheus.firing()))}")
            _wait(_CALM)
            eventually(lambda: not prometheus.firing() & expected, within=_PATIENCE, pause=0.5)
        _wait(until - time.monotonic())
    done.held = held


def _fires(prometheus: Prometheus, wanted: frozenset[str]) -> None:
    eventually(lambda: prometheus.firing() >= wanted, within=_PATIENCE, pause=0.5)


def _wait(seconds: float) -> None:
    if seconds > 0:
        time.sleep(seconds)


def _make_containers(connection_string: str) -> None:
    settings = StorageSettings(type="azure_blob", connection_string=connection_string)
    with Storage(Settings(settings)) as storage:
        storage.data.ensure_container()
        storage.revisions.ensure_container()


def environment(folder: Path, connection_string: str) -> dict[str, str]:
    """That of a process of ours on this store."""
    return {
        **os.environ,
        "HOME": str(folder),
        "INGENIOUS_STORAGE__TYPE": "azure_blob",
        "INGENIOUS_TELEMETRY__EXPORTER": "prometheus",
        "AZURE_STORAGE_CONNECTION_STRING": connection_string,
    }


@contextmanager
def _served(folder: Path, connection_string: str) -> Iterator[Serving]:
    """Its log is read, and forgotten."""
    env = {**environment(folder, connection_string), "PYTHONPATH": str(ROOT)}
    program = [sys.executable, "-m", "tests.integration.soak.small"]
    with serving("--no-console", cwd=folder, env=env, serve=["serve"], program=program) as server:
        server.becomes("/readyz", 200, within=120)
        assert server.process.stderr is not None
        drain = threading.Thread(target=server.process.stderr.read, daemon=True)
        drain.start()
        yield server


@contextmanager
def _client(connection_string: str, url: str, ledger: Path) -> Iterator[subprocess.Popen[bytes]]:
    words = (connection_string, url, str(ledger), str(_PAUSE))
    command = [sys.executable, "-m", "tests.integration.soak.client", *words]
    with subprocess.Popen(command, cwd=ROOT, stdin=subprocess.PIPE) as process:
        assert process.stdin is not None
        try:
            yield process
            process.stdin.close()
            assert process.wait(300) == 0
        finally:
            process.kill()


def _past(above: Sky) -> str:
    """The connection string of the store itself."""
    through = above.proxy.azurite
    return through.connection_string.replace(f":{through.port}", f":{above.proxy.upstream.port}")
