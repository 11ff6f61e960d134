"""A real scheduler of Dask and its workers, each a process that can be killed."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tests.support.polling import eventually

ROOT = Path(__file__).parents[3]


@dataclass
class Cluster:
    """Begun without workers. Its processes speak on the loopback only."""

    folder: Path
    port: int = 0
    options: tuple[str, ...] = ()
    env: Mapping[str, str] = field(default_factory=dict)
    address: str = ""
    workers: dict[str, subprocess.Popen[bytes]] = field(default_factory=dict)
    scheduler: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """The scheduler: again on its port if it was there before."""
        file = self.folder / "scheduler.json"
        file.unlink(missing_ok=True)
        self.scheduler = self._process(
            "scheduler", "--port", str(self.port), "--scheduler-file", str(file)
        )
        self.address = eventually(lambda: _address(file), within=60)
        self.port = int(self.address.rpartition(":")[2])

    def add(self, name: str, env: Mapping[str, str] | None = None, *, threads: int = 1) -> None:
        """One more worker, without a nanny: who is killed stays away."""
        self.workers[name] = self._process(
            "worker",
            self.address,
            "--no-nanny",
            *("--nthreads", str(threads), "--name", name, "--local-directory", str(self.folder)),
            env=env,
        )

    def wait_for(self, count: int) -> None:
        """Until so many workers have joined."""
        eventually(
            lambda: sum("Registered to" in self.log(name) for name in self.workers) >= count,
            within=90,
        )

    def kill(self, name: str) -> None:
        worker = self.workers.pop(name)
        worker.kill()
        worker.wait()

    def kill_scheduler(self) -> None:
        assert self.scheduler is not None
        self.scheduler.kill()
        self.scheduler.wait()

    def name_of(self, pid: int) -> str:
        """The worker that is this process."""
        return next(name for name, each in self.workers.items() if each.pid == pid)

    def log(self, name: str) -> str:
        return (self.folder / f"{name}.log").read_text()

    def close(self) -> None:
        for process in (*self.workers.values(), *filter(None, (self.scheduler,))):
            process.kill()
            process.wait()

    def _process(
        self, kind: str, *args: str, env: Mapping[str, str] | None = None
    ) -> subprocess.Popen[bytes]:
        name = args[args.index("--name") + 1] if "--name" in args else kind
        command = (sys.executable, "-m", f"distributed.cli.dask_{kind}", *args)
        path = os.pathsep.join(filter(None, (dict(env or {}).get("PYTHONPATH"), str(ROOT))))
        with (self.folder / f"{name}.log").open("ab") as log:
            return subprocess.Popen(
                [*command, "--host", "127.0.0.1", "--no-dashboard", *self.options],
                cwd=self.folder,
                env={**os.environ, **self.env, **(env or {}), "PYTHONPATH": path},
                stdout=log,
                stderr=log,
            )


def _address(file: Path) -> str:
    if not file.exists():
        return ""
    try:
        found: dict[str, Any] = json.loads(file.read_text())
    except ValueError:  # it is being written
        return ""
    return str(found["address"])


@contextmanager
def run_dask(folder: Path, workers: int = 0, **options: Any) -> Iterator[Cluster]:
    """A scheduler and so many workers, `w0` and so on."""
    folder.mkdir(parents=True, exist_ok=True)
    cluster = Cluster(folder, **options)
    try:
        cluster.start()
        for number in range(workers):
            cluster.add(f"w{number}")
        yield cluster
    finally:
        cluster.close()
