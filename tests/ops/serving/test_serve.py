"""`ingenious-storage serve` as a process: who it lets in, how it ends, and who cannot stop it."""

from __future__ import annotations

import json
import os
import resource
import signal
import socket
import time
from collections.abc import Iterator
from contextlib import ExitStack, suppress
from http.client import HTTPConnection
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from tests.ops.cli.harness import Cli
from tests.ops.health.serving import Serving, serving

LARGE = 1_000_000
HEADER = b"GET /api/v1/memories/large HTTP/1.1\r\nHost: 127.0.0.1\r\n"
SENT = {
    "nothing": b"",
    "half a header": HEADER + b"X-A: ",
    "half a body": b"POST /api/v1/memories HTTP/1.1\r\nHost: 127.0.0.1\r\n"
    b"Content-Type: application/json\r\nContent-Length: 1000\r\n\r\n{",
    "a request, and reads nothing": HEADER + b"\r\n",
}


@pytest.fixture
def running(cli: Cli) -> Iterator[Serving]:
    cli("containers", "ensure")
    with serving("--no-console", cwd=cli.folder, serve=["serve"], descriptors=1024) as running:
        running.becomes("/readyz", 200)
        yield running


def connection(running: Serving) -> HTTPConnection:
    parts = urlsplit(running.url)
    return HTTPConnection(parts.hostname or "", parts.port, timeout=200)


def end(running: Serving) -> tuple[int, str]:
    """Tell it to; the exit code, and what it said."""
    running.process.send_signal(signal.SIGTERM)
    _, err = running.process.communicate(timeout=200)
    return running.process.returncode, err.decode()


def test_it_serves_this_machine_alone_while_it_is_open(cli: Cli) -> None:
    for host in ("0.0.0.0", "::", "192.0.2.1", "storage.example.com"):
        error = cli.error("serve", "--host", host, "--port", "0", code=1)
        assert error["code"] == "open_to_all"
        assert "api.keys" in error["hint"]


@pytest.mark.slow
def test_it_serves_others_once_it_knows_who_asks(cli: Cli) -> None:
    digest = "0" * 64
    cli.write("config.yml", f"api:\n  keys:\n    robot: {{sha256: {digest}, role: reader}}\n")
    with serving("--host", "0.0.0.0", cwd=cli.folder, serve=["serve"]) as running:
        port = urlsplit(running.url).port
        one = HTTPConnection("127.0.0.1", port, timeout=30)
        one.request("GET", "/api/v1/memories/x", headers={"Host": "storage.example.com"})
        answer = one.getresponse()
        assert (answer.status, json.loads(answer.read())["code"]) == (401, "unauthenticated")
        one.request("GET", "/metrics")
        assert one.getresponse().status == 401
        one.close()
        code, _ = end(running)
    assert code == 0


@pytest.mark.slow
def test_a_request_that_runs_is_answered_when_it_ends(running: Serving) -> None:
    body = json.dumps({"messages": []}).encode()
    one = connection(running)
    one.putrequest("PUT", "/api/v1/memories/late")
    one.putheader("Content-Type", "application/json")
    one.putheader("Content-Length", str(len(body)))
    one.putheader("If-None-Match", "*")
    one.endheaders(body[:3])
    idle = connection(running)
    idle.request("GET", "/livez")
    idle.getresponse().read()
    running.process.send_signal(signal.SIGTERM)
    assert idle.sock is not None
    assert idle.sock.recv(1) == b"", "closed: it has begun to end"
    one.send(body[3:])
    answer = one.getresponse()
    assert answer.status in (200, 201)
    assert answer.getheader("Connection") == "close"
    answer.read()
    _, err = running.process.communicate(timeout=200)
    one.close()
    idle.close()
    [line] = err.decode().splitlines()
    assert running.process.returncode == 0
    assert "anonymous save memory" in line


@pytest.mark.slow
def test_a_request_that_never_comes_does_not_keep_it(cli: Cli) -> None:
    cli.write("config.yml", "api:\n  shutdown_timeout: 1\n")
    with serving("--no-console", cwd=cli.folder, serve=["serve"]) as running:
        parts = urlsplit(running.url)
        with socket.create_connection((parts.hostname, parts.port or 0), timeout=200) as slow:
            slow.sendall(SENT["half a body"])
            for _ in range(3):  # who came before these is known by then
                assert running.status("/livez") == 200
            began = time.monotonic()
            code, err = end(running)
            assert slow.makefile("rb").readline() == b"HTTP/1.1 503 Service Unavailable\r\n"
    assert (code, time.monotonic() - began < 20) == (0, True)
    assert "Traceback" not in err


@pytest.mark.slow
@pytest.mark.timeout(900)
@pytest.mark.parametrize("sent", SENT.values(), ids=SENT)
def test_a_thousand_slow_clients_do_not_stop_it(cli: Cli, sent: bytes) -> None:
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (min(hard, 4096), hard))
    cli("containers", "ensure")
    cli("memory", "save", "large", stdin=json.dumps({"messages": ["x" * LARGE]}))
    cli("memory", "save", "small", stdin=json.dumps({"messages": []}))
    try:
        with serving("--no-console", cwd=cli.folder, serve=["serve"], descriptors=1024) as running:
            running.becomes("/readyz", 200)
            with ExitStack() as stack:
                _attack(running, sent, stack)
                times = [_asked(running) for _ in range(30)]
                assert max(times) < 15, times  # the first stands behind a thousand requests
                assert sorted(times)[15] < 0.5, times
            assert _peak_mb(running) < 700
            code, err = end(running)
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))
    assert code == 0
    assert "Traceback" not in err
    assert len(err.splitlines()) <= 3


def _attack(running: Serving, sent: bytes, stack: ExitStack) -> None:
    parts = urlsplit(running.url)
    for _ in range(1000):
        one = stack.enter_context(
            socket.create_connection((parts.hostname, parts.port or 0), timeout=200)
        )
        one.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        with suppress(ConnectionError):  # dropped before it could
            one.sendall(sent)


def _asked(running: Serving) -> float:
    """Seconds of CPU that the server works before a healthy caller is answered."""
    began = _cpu_seconds(running)
    one = connection(running)
    one.request("GET", "/api/v1/memories/small")
    answer = one.getresponse()
    assert (answer.status, json.loads(answer.read())) == (200, {"messages": []})
    one.close()
    return _cpu_seconds(running) - began


def _cpu_seconds(running: Serving) -> float:
    stat = Path(f"/proc/{running.process.pid}/stat").read_text(encoding="ascii")
    user, system = stat.rpartition(")")[2].split()[11:13]
    return (int(user) + int(system)) / os.sysconf("SC_CLK_TCK")


def _peak_mb(running: Serving) -> float:
    status = Path(f"/proc/{running.process.pid}/status").read_text(encoding="ascii")
    line = next(line for line in status.splitlines() if line.startswith("VmHWM"))
    return int(line.split()[1]) / 1024
