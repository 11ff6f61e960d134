"""A real Prometheus watches a live `health serve` while its store breaks and comes back."""

from __future__ import annotations

import os
from collections.abc import Mapping
from contextlib import ExitStack, suppress
from pathlib import Path
from typing import Final

import pytest
from prometheus_client import start_http_server

from ingenious_storage import Storage
from tests.ops.alerts.dashboard import queries
from tests.ops.alerts.emitted import exporting
from tests.ops.alerts.rules import scaled
from tests.ops.alerts.runbooks import queries as runbook_queries
from tests.ops.health.serving import serving
from tests.support.polling import eventually
from tests.support.servers.azurite import Azurite, run_azurite
from tests.support.servers.prometheus import MAJORS, Prometheus, run_prometheus

pytestmark = pytest.mark.slow

SCALED: Final = {
    "2m": "1s",
    "5m": "3s",
    "15m": "4s",
    "30m": "5s",
    "1h": "8s",
    "6h": "10s",
    "1d": "60s",
    "3d": "12s",
}
"""Every duration in the rules, and what stands for it here; expressions and counts stay."""

DOWN = {"IngeniousStorageHealthDown", "IngeniousStorageAvailabilityFastBurn"}


def make_containers(server: Azurite) -> None:
    told = {"type": "azure_blob", "connection_string": server.connection_string}
    overrides = {f"storage.{key}": value for key, value in told.items()}
    with Storage.from_config(overrides=overrides) as storage:
        storage.data.ensure_container()
        storage.revisions.ensure_container()


def environment(server: Azurite, home: Path) -> Mapping[str, str]:
    return {
        **os.environ,
        "HOME": str(home),
        "AZURE_STORAGE_CONNECTION_STRING": server.connection_string,
        "INGENIOUS_STORAGE__TYPE": "azure_blob",
        "INGENIOUS_STORAGE__AUTO_CREATE_CONTAINERS": "false",
    }


@pytest.mark.parametrize("major", MAJORS)
def test_alerts_fire_when_the_store_breaks_and_end_when_it_is_back(
    tmp_path: Path, major: int
) -> None:
    with ExitStack() as stack, ExitStack() as first, ExitStack() as served:
        azurite = first.enter_context(run_azurite(tmp_path / "first"))
        make_containers(azurite)
        options = ("--interval", "0.25", "--timeout", "2")
        env = environment(azurite, tmp_path)
        server = served.enter_context(serving(*options, cwd=tmp_path, env=env))
        prometheus = stack.enter_context(
            run_prometheus(
                tmp_path,
                targets=[server.url.removeprefix("http://")],
                job="app",
                rule_files=scaled(tmp_path / "rules", SCALED),
                major=major,
            )
        )
        eventually(lambda: health(prometheus) == {"data": 1, "revisions": 1})
        eventually(lambda: recorded(prometheus) > 20)
        assert prometheus.firing() == set()

        first.close()
        eventually(lambda: prometheus.firing() >= DOWN)
        assert health(prometheus) == {"data": 0, "revisions": 0}

        stack.enter_context(run_azurite(tmp_path / "again", port=azurite.port))
        make_containers(azurite)
        eventually(lambda: prometheus.firing() == set(), within=100)
        assert health(prometheus) == {"data": 1, "revisions": 1}

        served.close()
        eventually(lambda: prometheus.firing() == {"IngeniousStorageEndpointAbsent"})


def health(prometheus: Prometheus) -> dict[str, float]:
    found = prometheus.query('ingenious_storage_health_up{job="app"}')
    return {one["metric"]["ingenious_storage_container"]: float(one["value"][1]) for one in found}


def recorded(prometheus: Prometheus) -> float:
    """Attempts in the longest window, as a rule records them."""
    found = prometheus.query("job_container:ingenious_storage_attempts:increase3d")
    return min((float(one["value"][1]) for one in found), default=0)


@pytest.mark.parametrize("major", MAJORS)
def test_every_panel_and_every_query_of_a_runbook_finds_what_is_emitted(
    tmp_path: Path, major: int
) -> None:
    with ExitStack() as stack:
        registry, provoke = stack.enter_context(exporting())
        server, _ = start_http_server(0, "127.0.0.1", registry)
        stack.callback(server.server_close)
        stack.callback(server.shutdown)
        prometheus = stack.enter_context(
            run_prometheus(
                tmp_path,
                targets=[f"127.0.0.1:{server.server_port}"],
                job="app",
                rule_files=scaled(tmp_path / "rules", SCALED),
                major=major,
            )
        )

        missing = [*queries(), *runbook_queries()]

        def found() -> bool:
            provoke()
            missing[:] = [expr for expr in missing if not prometheus.query(expr)]
            return not missing

        with suppress(AssertionError):
            eventually(found, pause=0.5, within=100)
        assert missing == []
