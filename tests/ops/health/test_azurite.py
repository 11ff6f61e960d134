"""Against a real server that goes away, comes back, refuses, or never answers."""

from __future__ import annotations

import os
import re
import threading
import time
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from pathlib import Path

import pytest

from ingenious_storage import Health, Storage
from tests.ops.health.serving import fetch, serving
from tests.support.servers.azurite import Azurite, run_azurite
from tests.support.servers.canned import HANG, answer, canned_server

pytestmark = pytest.mark.slow

INTERVAL, TIMEOUT = 0.5, 30.0
PROBES = 200


def storage_at(server: Azurite, **storage: object) -> Storage:
    told = {"type": "azure_blob", "connection_string": server.connection_string, **storage}
    return Storage.from_config(overrides={f"storage.{key}": told[key] for key in told})


def make_containers(server: Azurite) -> None:
    with storage_at(server) as storage:
        storage.data.ensure_container()
        storage.revisions.ensure_container()


def environment(server: Azurite, home: Path) -> dict[str, str]:
    return {
        **os.environ,
        "HOME": str(home),
        "AZURE_STORAGE_CONNECTION_STRING": server.connection_string,
        "INGENIOUS_STORAGE__TYPE": "azure_blob",
        "INGENIOUS_STORAGE__AUTO_CREATE_CONTAINERS": "false",
    }


@contextmanager
def watched(url: str) -> Iterator[Counter[int]]:
    """Every status that `url` answers with during the block."""
    found: Counter[int] = Counter()
    ended = threading.Event()

    def look() -> None:
        while not ended.wait(0.02):
            found[fetch(url)[0]] += 1

    thread = threading.Thread(target=look)
    thread.start()
    try:
        yield found
    finally:
        ended.set()
        thread.join(30)


def test_probes_while_azurite_stops_and_starts_again(tmp_path: Path) -> None:
    with ExitStack() as stack, ExitStack() as first:
        azurite = first.enter_context(run_azurite(tmp_path / "first"))
        make_containers(azurite)
        server = stack.enter_context(
            serving(
                "--interval",
                str(INTERVAL),
                "--timeout",
                str(TIMEOUT),
                cwd=tmp_path,
                env=environment(azurite, tmp_path),
            )
        )
        server.becomes("/readyz", 200)
        alive = stack.enter_context(watched(f"{server.url}/livez"))
        assert server.status("/startupz") == 200

        first.close()
        server.becomes("/readyz", 503)
        assert '"data: unavailable, revisions: unavailable"' in server.text("/health")
        assert server.status("/startupz") == 200

        stack.enter_context(run_azurite(tmp_path / "again", port=azurite.port))
        missing = "data: container_not_found, revisions: container_not_found"
        server.shows("/health", missing)
        assert server.status("/readyz") == 503  # its data was in memory, and is gone
        make_containers(azurite)
        server.becomes("/readyz", 200)
        assert '"status":"pass"' in server.text("/health")
    assert set(alive) == {200}
    assert alive[200] > 20


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("azurite")


@pytest.fixture(scope="module")
def logging_azurite(folder: Path) -> Iterator[Azurite]:
    """One that writes down each request."""
    with run_azurite(folder, log_requests=True) as server:
        make_containers(server)
        yield server


def heads(folder: Path) -> int:
    """How many checks of a container the server's own log has."""
    return len(re.findall(r'"HEAD /devstoreaccount1/', (folder / "azurite.log").read_text()))


def test_200_at_once_cost_the_server_one_check(logging_azurite: Azurite, folder: Path) -> None:
    before, barrier = heads(folder), threading.Barrier(PROBES)
    with storage_at(logging_azurite) as storage, ThreadPoolExecutor(PROBES) as pool:
        health = Health(storage, interval=600, timeout=30)

        def ask(_number: int) -> str:
            barrier.wait(30)
            return health.report().status

        assert set(pool.map(ask, range(PROBES))) == {"pass"}
    assert heads(folder) - before == 2  # one a container


def test_200_probes_at_once_cost_the_server_no_more_than_a_check_an_interval(
    logging_azurite: Azurite, folder: Path, tmp_path: Path
) -> None:
    before, began = heads(folder), time.monotonic()
    with (
        serving(
            "--interval",
            str(INTERVAL),
            "--timeout",
            str(TIMEOUT),
            cwd=tmp_path,
            env=environment(logging_azurite, tmp_path),
        ) as server,
        ThreadPoolExecutor(PROBES) as pool,
    ):
        server.becomes("/readyz", 200)
        answered: Counter[int] = Counter()
        ends = time.monotonic() + 2.5 * INTERVAL
        while time.monotonic() < ends:
            urls = [f"{server.url}/{('readyz', 'health')[turn % 2]}" for turn in range(PROBES)]
            answered.update(status for status, _ in pool.map(fetch, urls))
        most = (time.monotonic() - began) / INTERVAL + 1
    assert set(answered) == {200}
    assert answered[200] >= PROBES
    assert 2 <= heads(folder) - before <= 2 * most


def test_a_wrong_key_is_said_to_be_one(azurite: Azurite) -> None:
    wrong = azurite.connection_string.replace(azurite.account_key, "d3Jvbmc=")
    with storage_at(azurite, connection_string=wrong) as storage:
        report = storage.health.report()
    assert report.status == "fail"
    # Azurite answers AuthorizationFailure to it, where Azure says AuthenticationFailed.
    assert {one.code for one in report.components} == {"permission_denied"}
    assert "wrong key" in (report.components[0].hint or "")
    assert "d3Jvbmc=" not in repr(report)


def test_a_container_that_is_not_there(azurite: Azurite, container_name: str) -> None:
    told = {"container_data": container_name, "auto_create_containers": False}
    with storage_at(azurite, **told) as storage:
        data, _ = storage.health.report().components
        assert (data.status, data.code) == ("fail", "container_not_found")
        assert "containers ensure" in (data.hint or "")
        assert container_name not in repr(data)
        assert not storage.data.container_exists()


@pytest.mark.parametrize(
    ("reply", "status", "code", "hint"),
    [
        (answer(503, "ServerBusy"), "warn", "throttled", "lower the parallelism"),
        (answer(500, "InternalError"), "fail", "unavailable", "the service's health"),
        (answer(403, "AuthorizationPermissionMismatch"), "fail", "permission_denied", "the role"),
        (answer(403, "AuthenticationFailed"), "fail", "authentication_failed", "clock"),
        (answer(403, "KeyBasedAuthenticationNotPermitted"), "fail", "permission_denied", "shared"),
        (answer(200, body=b"<html>Sign in</html>"), "fail", "unavailable", ""),
    ],
)
def test_what_the_service_says(reply: bytes, status: str, code: str, hint: str) -> None:
    with canned_server() as server:
        server.replies = [reply]
        place = Azurite(server.account_url.removesuffix("/canned"))
        with storage_at(place) as storage:
            report = storage.health.report()
        assert {one.status for one in report.components} == {status}
        assert {one.code for one in report.components} == {code}
        assert hint in (report.components[0].hint or "")
        assert len(server.requests) == 2  # no retry


def test_a_server_that_never_answers_is_given_up() -> None:
    with canned_server() as server:
        server.replies = [HANG]
        place = Azurite(server.account_url.removesuffix("/canned"))
        with storage_at(place) as storage:
            began = time.monotonic()
            report = Health(storage, timeout=0.3).report()
            assert time.monotonic() - began < 20
    assert {one.code for one in report.components} == {"timeout"}
    assert report.components[0].latency_ms == 300
