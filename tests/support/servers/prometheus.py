"""Prometheus and promtool, on PATH or from integration/prometheus: 2 by install.py, 3 by build."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import time
import urllib.parse
import urllib.request
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import pytest
import yaml

MAJORS = (2, 3)
_CACHE = Path(__file__).resolve().parents[3] / ".cache/prometheus"
_FOLDERS = (None, str(_CACHE / "bin"), str(_CACHE / "3"))
"""Where programs are looked for, in this order; None is the PATH."""
_LISTENING = re.compile(r'msg="Listening on".*? address=(\S+)')


def find_prometheus(major: int | None = None) -> Path | None:
    """The server of this major version, or of the first that there is; None if there is none."""
    return _find("prometheus", major)


def find_promtool(major: int | None = None) -> Path | None:
    """Prometheus's checker of rules, None if there is none."""
    return _find("promtool", major)


def promtool(*arguments: str | Path, major: int | None = None) -> None:
    """Run promtool; the test skips without it, and fails with all that it printed."""
    program = find_promtool(major)
    if program is None:
        pytest.skip(_missing("promtool", major))
    done = subprocess.run([program, *arguments], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


@dataclass(frozen=True, slots=True)
class Prometheus:
    """A running server."""

    url: str

    def query(self, expression: str) -> list[dict[str, Any]]:
        """What an instant query finds. Raises: HTTPError when it cannot be parsed."""
        answer = self._get("query", {"query": expression})
        found: list[dict[str, Any]] = answer["result"]
        return found

    def firing(self) -> set[str]:
        """The names of the alerts that fire."""
        alerts = self._get("alerts", {})["alerts"]
        return {one["labels"]["alertname"] for one in alerts if one["state"] == "firing"}

    def _get(self, path: str, parameters: Mapping[str, str]) -> dict[str, Any]:
        url = f"{self.url}/api/v1/{path}?{urllib.parse.urlencode(parameters)}"
        with urllib.request.urlopen(url, timeout=10) as response:
            data: dict[str, Any] = json.load(response)["data"]
        return data


@contextmanager
def run_prometheus(
    directory: Path,
    *,
    targets: Sequence[str],
    job: str,
    rule_files: Sequence[Path] = (),
    major: int | None = None,
    interval: str = "500ms",
    timeout: float = 150.0,
) -> Iterator[Prometheus]:
    """Run a server on a free port of loopback that scrapes `targets` ("host:port") as `job`.

    It scrapes and evaluates every `interval`. The test skips without Prometheus. Raises
    RuntimeError if it is not ready within `timeout` s; its log is `prometheus.log` in `directory`.
    """
    program = find_prometheus(major)
    if program is None:
        pytest.skip(_missing("Prometheus", major))
    config, log_file = directory / "prometheus.yml", directory / "prometheus.log"
    times = {f"{what}_interval": interval for what in ("scrape", "evaluation")}
    scrape = {"job_name": job, "static_configs": [{"targets": list(targets)}]}
    settings = {
        "global": {**times, "scrape_timeout": interval},
        "rule_files": [str(file) for file in rule_files],
        "scrape_configs": [scrape],
    }
    config.write_text(yaml.safe_dump(settings))
    command: list[str | Path] = [
        program,
        f"--config.file={config}",
        f"--storage.tsdb.path={directory / 'tsdb'}",
        "--web.listen-address=127.0.0.1:0",
    ]
    with log_file.open("wb") as log, subprocess.Popen(command, stdout=log, stderr=log) as process:
        try:
            yield Prometheus(_wait_until_ready(process, log_file, timeout))
        finally:
            process.kill()


@cache
def _find(name: str, major: int | None) -> Path | None:
    for folder in _FOLDERS:
        found = shutil.which(name, path=folder)
        if found and major in (None, _major(found)):
            return Path(found)
    return None


def _major(program: str) -> int:
    told = subprocess.run([program, "--version"], capture_output=True, text=True, check=True)
    version = re.search(r"version (\d+)\.", told.stdout + told.stderr)
    assert version, told
    return int(version[1])


def _missing(what: str, major: int | None) -> str:
    how = "python -m tests.integration.prometheus.build" if major == 3 else "make prometheus"
    return f"there is no {what} {major or ''}: run `{how}`, or put it on the PATH"


def _wait_until_ready(process: subprocess.Popen[bytes], log_file: Path, timeout: float) -> str:
    deadline = time.monotonic() + timeout
    while time.monotonic() < deadline and process.poll() is None:
        log = log_file.read_text(errors="replace")
        match = _LISTENING.search(log)
        if match and "Server is ready" in log:
            return f"http://{match[1]}"
        time.sleep(0.05)
    raise RuntimeError(f"Prometheus did not start within {timeout:g} s:\n{log_file.read_text()}")
