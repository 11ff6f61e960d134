"""Commands that export what they do, and a collector that is not there."""

from __future__ import annotations

import json
import os
import socket
from pathlib import Path
from time import monotonic

from tests.ops.cli.harness import run_script
from tests.support.servers.collector import run_collector


def environment(url: str, **more: str) -> dict[str, str]:
    exported = {"INGENIOUS_TELEMETRY__EXPORTER": "otlp", "INGENIOUS_TELEMETRY__ENDPOINT": url}
    return {**os.environ, **exported, **more}


def dead_end() -> str:
    """Where nobody listens."""
    with socket.create_server(("127.0.0.1", 0)) as taken:
        return f"http://127.0.0.1:{taken.getsockname()[1]}"


def test_a_command_exports_and_flushes_at_its_end(tmp_path: Path) -> None:
    with run_collector() as collector:
        env = environment(collector.url)
        done = run_script("memory", "save", "chat", "-", cwd=tmp_path, stdin=b"{}", env=env)
        assert (done.returncode, done.stderr) == (0, b"saved chat: revision 1, 2 bytes\n")
        done = run_script("memory", "show", "other", cwd=tmp_path, env=env)
        assert done.returncode == 3
    names = [span.name for span in collector.spans]
    assert names.count("ingenious.storage.document.save") == 1  # no trace is left out
    assert names.count("ingenious.storage.document.load") == 1  # of a failure neither
    assert {metric.name for metric in collector.metrics} >= {"ingenious.storage.revisions"}


def test_a_dead_collector_is_told_once_and_fails_nothing(tmp_path: Path) -> None:
    env = environment(dead_end())
    started = monotonic()
    done = run_script("memory", "save", "chat", "-", cwd=tmp_path, stdin=b"{}", env=env)
    took = monotonic() - started
    assert done.returncode == 0
    saved, warning = done.stderr.decode().splitlines()
    assert saved.startswith("saved chat")
    assert warning.startswith("warning: telemetry could not be delivered")
    assert took < 55  # 2 s for the collector, the rest for a slow machine
    assert (tmp_path / "data").is_dir()


def test_nor_does_it_disturb_json(tmp_path: Path) -> None:
    with run_collector() as collector:
        collector.hold = True
        env = environment(collector.url)
        done = run_script("memory", "ls", "--json", cwd=tmp_path, env=env)
    assert (done.returncode, done.stderr) == (0, b"")
    assert json.loads(done.stdout)["data"]["conversations"] == []


def test_verbose_says_what_the_exporter_says(tmp_path: Path) -> None:
    with run_collector() as collector:
        collector.status = 403
        env = environment(collector.url)
        done = run_script("-v", "memory", "ls", cwd=tmp_path, env=env)
    assert done.returncode == 0
    lines = done.stderr.decode().splitlines()
    assert sum(line.startswith("warning: ") for line in lines) == 1
    assert any(line.startswith("telemetry: ") and "403" in line for line in lines)


def test_a_bad_section_is_refused_before_anything_is_done(tmp_path: Path) -> None:
    env = environment("collector:4318")
    done = run_script("memory", "save", "chat", "-", cwd=tmp_path, stdin=b"{}", env=env)
    assert done.returncode == 1
    assert b"telemetry.endpoint (INGENIOUS_TELEMETRY__ENDPOINT)" in done.stderr
    assert list(tmp_path.iterdir()) == []
