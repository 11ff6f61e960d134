"""What a forked child finds, whatever another thread of its parent was in the middle of."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import threading
from collections.abc import Callable
from pathlib import Path

import pytest

from ingenious_storage.runtime import forks
from tests.support.servers.azurite import Azurite
from tests.support.servers.fake_gcs import GcsServer

pytestmark = pytest.mark.skipif(not hasattr(os, "fork"), reason="this system has no fork")
FEWEST = 15
"""Locks that a storage has at least: else the walk finds nothing."""


def run(**environ: str) -> tuple[int, list[str]]:
    done = subprocess.run(
        [sys.executable, "-W", "ignore", "-m", "tests.support.held_locks"],
        capture_output=True,
        text=True,
        check=True,
        env={**os.environ, "PYTHONPATH": str(Path.cwd()), **environ},
        timeout=1000,
    )
    number, *stuck = done.stdout.split("\n")
    return int(number), [name for name in stuck if name]


@pytest.mark.slow
@pytest.mark.timeout(1100)
def test_a_child_works_whichever_lock_another_thread_held(tmp_path: Path) -> None:
    number, stuck = run(INGENIOUS_STORAGE__BASE_PATH=str(tmp_path))
    assert stuck == []
    assert number >= FEWEST


@pytest.mark.slow
@pytest.mark.timeout(1100)
def test_also_with_a_cache_and_compression(tmp_path: Path) -> None:
    number, stuck = run(
        INGENIOUS_STORAGE__BASE_PATH=str(tmp_path),
        INGENIOUS_STORAGE__COMPRESSION__ENABLED="true",
        INGENIOUS_STORAGE__CACHE__MAX_BYTES="1000000",
        INGENIOUS_STORAGE__CACHE__STALE_IF_ERROR="60",
    )
    assert stuck == []
    assert number > FEWEST


@pytest.mark.slow
@pytest.mark.timeout(1100)
def test_also_with_shards(tmp_path: Path) -> None:
    shards = {n: {"type": "local", "local": {"base_path": str(tmp_path / n)}} for n in "abc"}
    number, stuck = run(
        INGENIOUS_STORAGE__TYPE="sharded", INGENIOUS_STORAGE__SHARDED__SHARDS=json.dumps(shards)
    )
    assert stuck == []
    assert number > FEWEST


@pytest.mark.slow
@pytest.mark.timeout(1100)
@pytest.mark.parametrize("driver", ["native", "sdk"])
def test_also_on_azure(driver: str, azurite: Azurite) -> None:
    number, stuck = run(
        INGENIOUS_STORAGE__TYPE="azure_blob",
        INGENIOUS_STORAGE__AZURE__DRIVER=driver,
        AZURE_STORAGE_CONNECTION_STRING=azurite.connection_string,
    )
    assert stuck == []
    assert number >= FEWEST


@pytest.mark.slow
@pytest.mark.timeout(1100)
def test_also_with_google_cloud_storage(fake_gcs: GcsServer, container_name: str) -> None:
    number, stuck = run(
        INGENIOUS_STORAGE__TYPE="gcs",
        INGENIOUS_STORAGE__GCS__ENDPOINT=fake_gcs.endpoint,
        INGENIOUS_STORAGE__GCS__PROJECT=fake_gcs.project,
        INGENIOUS_STORAGE__CONTAINER_DATA=f"{container_name}-data",
        INGENIOUS_STORAGE__CONTAINER_REVISIONS=f"{container_name}-revisions",
    )
    assert stuck == []
    assert number >= FEWEST


@pytest.mark.parametrize("make", [forks.new_lock, forks.new_rlock])
def test_a_lock_is_free_in_a_child(make: Callable[[], threading.Lock]) -> None:
    lock, held, done = make(), threading.Event(), threading.Event()

    def hold() -> None:
        with lock:
            held.set()
            assert done.wait(60)

    holder = threading.Thread(target=hold)
    holder.start()
    assert held.wait(60)
    assert not lock.acquire(blocking=False)
    assert _in_child(lambda: lock.acquire(blocking=False))
    done.set()
    holder.join()


def test_what_a_child_makes_anew_is_not_kept_alive() -> None:
    class Counter:
        def __init__(self) -> None:
            self.value = 1
            forks.in_child(self.begin)

        def begin(self) -> None:
            self.value = 0

    gone, kept = Counter(), Counter()
    del gone
    assert _in_child(lambda: kept.value == 0)
    assert kept.value == 1


def _in_child(holds: Callable[[], bool]) -> bool:
    pid = os.fork()
    if pid == 0:
        os._exit(0 if holds() else 1)
    return os.waitpid(pid, 0)[1] == 0
