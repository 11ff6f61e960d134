"""Servers that load an application and then fork, and pools by fork, on every store."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.support.stores import EVERY, running

pytestmark = pytest.mark.skipif(not Path("/proc/self/fd").is_dir(), reason="shows no sockets")


@pytest.mark.parametrize("name", EVERY)
def test_preloaded_workers_and_pools_share_no_connection(
    request: pytest.FixtureRequest, container_name: str, name: str
) -> None:
    """No error, no connection of another process, nothing lost, and the parent goes on."""
    store = running(name, request)
    settings: dict[str, Any] = {
        "type": store.type,
        store.api: dict(store.section),
        "container_data": container_name,
        "container_revisions": f"{container_name[:50]}-other",
    }
    done = subprocess.run(
        [sys.executable, "-W", "ignore::DeprecationWarning", "-m",
         "tests.integration.forking.preloaded", json.dumps(settings)],
        cwd=request.config.rootpath,
        capture_output=True,
        text=True,
        check=False,
        timeout=100,
    )  # fmt: skip
    assert (done.stdout, done.stderr) == ("good\n", "")
