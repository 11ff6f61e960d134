"""Large objects pass through a process that stays small."""

from __future__ import annotations

import os
import sys
from filecmp import cmpfiles
from pathlib import Path

import pytest

from ingenious_ops.migrate.ends.hashing import SMALL
from tests.ops.migrate.harness import bare, environment
from tests.ops.migrate.processes import peak_memory
from tests.support.servers.azurite import Azurite

LARGE = 300 << 20
ALLOWED = 130 << 20

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(sys.platform != "linux", reason="ru_maxrss is in KiB on Linux"),
]


def test_large_objects_and_many_that_are_held_whole(
    azurite: Azurite, container_name: str, tmp_path: Path
) -> None:
    source = tmp_path / "src"
    source.mkdir()
    with (source / "large").open("wb") as stream:
        for start in range(0, LARGE, 1 << 20):
            stream.seek(start)
            stream.write(start.to_bytes(8, "big"))
        stream.truncate(LARGE)
    for number in range(8):
        (source / f"streamed {number}").write_bytes(os.urandom(SMALL + 1))
        (source / f"held {number}").write_bytes(os.urandom(SMALL))
        (source / f"held by any {number}").write_bytes(os.urandom((1 << 20) - 1))
    env = environment(azurite, container_name)
    there = ("--from", "./src", "--to", "data")
    back = ("--from", "data", "--to", "./out")
    peaks = {
        "there": peak_memory(("run", *there), tmp_path, env),
        "verified": peak_memory(("verify", *there), tmp_path, env),
        "back": peak_memory(("run", *back), tmp_path, env),
    }
    with bare(azurite, container_name) as client:
        client.delete_container()
    assert max(peaks.values()) < ALLOWED, peaks
    names = sorted(path.name for path in source.iterdir())
    same, different, failed = cmpfiles(source, tmp_path / "out", names, shallow=False)
    assert (sorted(same), different, failed) == (names, [], [])
