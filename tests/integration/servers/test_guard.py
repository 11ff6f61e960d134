"""Servers of the tests end with the tests, however these end, and say why they did not start."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from tests.support.polling import eventually
from tests.support.servers.fake_gcs import run_fake_gcs
from tests.support.servers.guard import ServerError, free_ports, guarded, is_listening

_TESTS = """
import pathlib, sys, time
from tests.support.servers.fake_gcs import run_fake_gcs
with run_fake_gcs(pathlib.Path(sys.argv[1])) as server:
    print(server.port, flush=True)
    time.sleep(600)
"""


def test_a_server_ends_with_tests_that_are_killed(
    tmp_path: Path, pytestconfig: pytest.Config
) -> None:
    command: list[str | Path] = [sys.executable, "-c", _TESTS, tmp_path]
    with subprocess.Popen(command, cwd=pytestconfig.rootpath, stdout=subprocess.PIPE) as tests:
        assert tests.stdout is not None
        port = int(tests.stdout.readline())
        assert is_listening(port)
        tests.kill()
    eventually(lambda: not is_listening(port))


def test_a_server_ends_with_its_block(tmp_path: Path) -> None:
    with run_fake_gcs(tmp_path) as server:
        assert is_listening(server.port)
    assert not is_listening(server.port)


@pytest.mark.parametrize(
    ("program", "timeout", "told"),
    [
        ("raise SystemExit('no disk')", 20, "code 1:\nno disk"),
        ("import time; time.sleep(30)", 0.2, "not ready"),
    ],
)
def test_a_server_that_does_not_start_says_why(
    tmp_path: Path, program: str, timeout: float, told: str
) -> None:
    block = guarded(
        [sys.executable, "-c", program],
        cwd=tmp_path,
        log_file=tmp_path / "log",
        ready=lambda: False,
        timeout=timeout,
    )
    with pytest.raises(ServerError, match=told), block:
        pass


def test_free_ports_differ() -> None:
    assert len(set(free_ports(50))) == 50
