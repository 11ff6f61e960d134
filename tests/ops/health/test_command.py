"""`ingenious-storage health`: lines, exit codes, and a server that ends cleanly."""

from __future__ import annotations

import json
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest

from ingenious_ops.extras import install_line
from tests.ops.cli.harness import SCRIPT, Cli
from tests.ops.health.serving import fetch, serving
from tests.support.polling import eventually
from tests.support.servers.canned import HANG, RESET, CannedServer, answer, canned_server


@pytest.fixture
def ready(cli: Cli) -> Cli:
    """With both containers."""
    cli("containers", "ensure")
    return cli


def test_a_check_is_one_line(ready: Cli) -> None:
    result = ready("health", "check")
    assert result.stderr == ""
    [line] = result.stdout.splitlines()
    words = line.split()
    assert [words[0], words[1], words[3], words[4]] == ["pass:", "data", "ms,", "revisions"]
    assert ready("health", "check", "--strict").exit_code == 0


def test_a_warning_fails_only_when_it_is_strict(cli: Cli) -> None:
    line = "warn: data container_not_found, revisions container_not_found\n"
    hint = "hint: It is not there yet; the first write makes it.\n"
    result = cli("health", "check")
    assert (result.stdout, result.stderr) == (line, hint)
    assert cli("health", "check", "--strict", code=5).stdout == line
    assert cli("-q", "health", "check").output == line
    assert not (cli.folder / "data").exists()  # a check makes nothing


def test_a_failure_is_exit_1(ready: Cli) -> None:
    ready.write("config.yml", "storage:\n  auto_create_containers: false\n")
    (ready.folder / "data" / "ingenious-revisions").rmdir()
    result = ready("health", "check", code=1)
    assert result.stdout.startswith("fail: data ")
    assert result.stdout.endswith(" ms, revisions container_not_found\n")
    assert result.stderr.startswith("hint: Check the container's name, create it with ")
    data = ready.data("health", "check", "--strict", code=1)
    assert (data["status"], data["url"]) == ("fail", None)
    assert data["output"] == "revisions: container_not_found"
    [check] = data["checks"]["ingenious-storage:revisions"]
    assert (check["status"], check["output"]) == ("fail", "container_not_found")
    assert check["componentType"] == "datastore"
    assert data["hint"]


def test_a_wrong_configuration_is_an_error(cli: Cli) -> None:
    error = cli.error("health", "check", "--profile", "nope", code=1)
    assert error["code"] == "invalid_configuration"


@pytest.mark.parametrize(
    "args",
    [
        *(["check", "--timeout", value] for value in ("0", "-1", "x", "86401")),
        *(["check", "--url", url] for url in ("x", "file:///etc/passwd", "http://", "ftp://h/")),
        *(["check", "--url", url] for url in ("http://u:p@h/", "http://h/?q=1", "http://h:x/")),
        *(["serve", option, "-1"] for option in ("--port", "--interval", "--timeout")),
        ["serve", "--port", "65536"],
    ],
)
def test_wrong_usage(cli: Cli, args: list[str]) -> None:
    assert cli("health", *args, code=2).stdout == ""


def test_asking_a_server(ready: Cli) -> None:
    with serving("--interval", "0.2", cwd=ready.folder) as server:
        server.becomes("/readyz", 200)
        line = ready("health", "check", "--url", server.url, "--strict").stdout
        assert line.startswith("pass: data ")
        assert ready("health", "check", "--url", f"{server.url}/").exit_code == 0
        (ready.folder / "data" / "ingenious-data").rmdir()
        server.shows("/readyz", "warn")
        data = ready.data("health", "check", "--url", server.url, "--strict", code=5)
        assert set(data) == {"url", "status", "output", "checks", "hint"}
        assert (data["url"], data["output"]) == (server.url, "data: container_not_found")
        (ready.folder / "data" / "ingenious-data").write_text("a file in its place")
        server.becomes("/readyz", 200)


def canned(server: CannedServer, reply: bytes) -> str:
    server.replies = [reply]
    return server.account_url


@pytest.mark.parametrize(
    ("reply", "code", "message"),
    [
        (answer(200, body=b"<html>"), "unavailable", "answered 200 and no health report"),
        (answer(200, body=b'{"status": "up"}'), "unavailable", "answered 200 and no health"),
        (answer(404, body=b"Not Found"), "unavailable", "answered 404 and no health report"),
        (answer(503, body=b""), "unavailable", "answered 503 and no health report"),
        (b"nonsense\r\n\r\n", "unavailable", "no answer from http://127.0.0.1:"),
        (RESET, "unavailable", "Connection reset by peer"),
        (HANG, "timeout", "within 0.3 s"),
    ],
)
def test_a_server_that_is_none_of_ours(cli: Cli, reply: bytes, code: str, message: str) -> None:
    with canned_server() as server:
        url = canned(server, reply)
        error = cli.error("health", "check", "--url", url, "--timeout", "0.3", code=1)
    assert error["code"] == code
    assert message in error["message"]
    assert "health serve" in error["hint"]


def test_a_server_that_says_fail(cli: Cli, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("http_proxy", "http://127.0.0.1:1")  # a probe goes the straight way
    body = json.dumps({"status": "fail", "output": "no check\x1b[2J has ended yet"}).encode()
    with canned_server() as server:
        url = canned(server, answer(503, body=body))
        shown = cli("health", "check", "--url", url, code=1)
        assert shown.stdout == "fail: no check\\x1b[2J has ended yet\n"
        assert server.requests[0] == "GET /canned/readyz HTTP/1.1"


def test_nobody_listens(cli: Cli) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
    error = cli.error("health", "check", "--url", f"http://127.0.0.1:{port}", code=1)
    assert error["code"] == "unavailable"
    assert "refused" in error["message"]


@pytest.mark.parametrize(("number", "code"), [(signal.SIGTERM, 0), (signal.SIGINT, 130)])
def test_a_signal_ends_the_server_cleanly(ready: Cli, number: signal.Signals, code: int) -> None:
    with serving(cwd=ready.folder) as server:
        server.becomes("/readyz", 200)
        began = time.monotonic()
        server.process.send_signal(number)
        out, err = server.process.communicate(timeout=200)
        assert (server.process.returncode, out, err.strip()) == (code, b"", b"")
        assert time.monotonic() - began < 25


def test_the_address_is_printed(ready: Cli) -> None:
    with serving("--host", "localhost", cwd=ready.folder) as server:
        assert server.url.startswith("http://127.0.0.1:")
        assert server.status("/livez") == 200
        assert server.status("/nope") == 404


def test_a_server_tells_each_change_once(ready: Cli) -> None:
    command: list[str | Path] = [SCRIPT, "health", "serve", "--port", "0", "--interval", "0.1"]
    with subprocess.Popen(
        command, cwd=ready.folder, stdout=subprocess.PIPE, stderr=subprocess.PIPE
    ) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        url = process.stdout.readline().decode().removeprefix("serving ").strip()
        eventually(lambda: fetch(f"{url}/readyz")[0] == 200)
        (ready.folder / "data" / "ingenious-data").rmdir()
        gone = process.stderr.readline().decode()
        (ready.folder / "data" / "ingenious-data").mkdir()
        back = process.stderr.readline().decode()
        process.terminate()
        assert process.stderr.read() == b""
    assert " health of data: warn, was pass container_not_found: " in gone
    assert back.endswith(" health of data: pass, was warn\n")


def test_an_address_that_is_taken(cli: Cli) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        error = cli.error("health", "serve", "--port", str(port), code=1)
    assert error["code"] == "address_refused"
    assert error["message"].startswith(f"cannot listen on 127.0.0.1, port {port}: ")
    assert "--port" in error["hint"]
    assert cli.error("health", "serve", "--host", "192.0.2.1", code=1)["code"] == "address_refused"
    assert cli.error("health", "serve", "--host", "x.invalid", code=1)["code"] == "address_refused"


def test_metrics_of_a_server(ready: Cli) -> None:
    with serving("--interval", "0.2", cwd=ready.folder) as server:
        server.becomes("/readyz", 200)
        text = eventually(lambda: server.text("/metrics"))
    values = dict(line.rsplit(" ", 1) for line in text.splitlines() if not line.startswith("#"))

    def of(name: str, role: str) -> Any:
        return next(
            float(value)
            for series, value in values.items()
            if series.startswith(f"{name}{{") and f'ingenious_storage_container="{role}"' in series
        )

    for role in ("data", "revisions"):
        assert of("ingenious_storage_health_up", role) == 1
        assert 0 <= of("ingenious_storage_health_duration_seconds", role) < 60
        assert of("ingenious_storage_operation_duration_seconds_count", role) >= 1


WITHOUT = """
import sys
sys.modules.update(dict.fromkeys(sys.argv.pop(1).split(",")))
from ingenious_ops.cli import main
main()
"""


@pytest.mark.parametrize("module", ["starlette", "uvicorn", "prometheus_client"])
def test_a_missing_extra_names_the_install_line(cli: Cli, module: str) -> None:
    command = [sys.executable, "-c", WITHOUT, module, "health", "serve", "--port", "0", "--json"]
    done = subprocess.run(command, cwd=cli.folder, capture_output=True, timeout=110, check=False)
    assert (done.returncode, done.stderr) == (1, b"")
    error = json.loads(done.stdout)["error"]
    assert error["code"] == "extra_missing"
    assert error["message"] == f"this needs {module}, which is not installed"
    assert error["hint"] == f"Run: {install_line('ops')}"


def test_a_check_needs_no_extra(ready: Cli) -> None:
    extra = "starlette,uvicorn,prometheus_client,anyio,opentelemetry.sdk"
    with serving(cwd=ready.folder) as server:
        server.becomes("/readyz", 200)
        for options in ([], ["--url", server.url]):
            command = [sys.executable, "-c", WITHOUT, extra, "health", "check", *options]
            done = subprocess.run(
                command, cwd=ready.folder, capture_output=True, timeout=110, check=False
            )
            assert (done.returncode, done.stderr) == (0, b"")
            assert done.stdout.startswith(b"pass: data ")


def test_a_check_names_no_place(cli: Cli, tmp_path: Path) -> None:
    shown = cli("health", "check", "--json").stdout
    assert str(tmp_path) not in shown
    assert "ingenious-data" not in shown
