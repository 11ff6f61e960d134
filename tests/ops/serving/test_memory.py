"""Memory of `serve`: no more after many requests than after some."""

from __future__ import annotations

import json
import os
import sys
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, contextmanager
from hashlib import sha256
from http.client import HTTPConnection
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from ingenious_ops.api.identity.api_keys import new_key
from tests.ops.cli.harness import Cli
from tests.ops.health.serving import Serving, serving

REQUESTS = int(os.environ.get("SERVED_REQUESTS", "20000"))
CLIENTS = 4
KEY = new_key()
CONFIG = {
    "storage": {"cache": {"max_bytes": 4_000_000, "max_age": 3600}},
    "api": {"keys": {"robot": {"sha256": sha256(KEY.encode()).hexdigest(), "role": "admin"}}},
    "telemetry": {"exporter": "prometheus"},
}
ALLOWED = 12 * 1024 * 1024
"""A byte a request more, and 100 million requests would take 100 MB: this is 600 of 20,000."""

Request = Callable[[int], tuple[str, str, dict[str, str], bytes | None, int]]


def _get(path: str, status: int = 200, **headers: str) -> Request:
    """A path with the number of the request in it, the headers besides the key, and the status."""
    sent = {"X-API-Key": KEY} | {name.replace("_", "-"): value for name, value in headers.items()}
    return lambda n: (
        "GET",
        path.format(n=n),
        {k: v.format(n=n) for k, v in sent.items()},
        None,
        status,
    )


def _save(n: int) -> tuple[str, str, dict[str, str], bytes | None, int]:
    body = json.dumps({"messages": [f"message {n}" for _ in range(20)]}).encode()
    headers = {"X-API-Key": KEY, "If-Match": "*", "Content-Type": "application/json"}
    headers["Idempotency-Key"] = f"key-{n}"
    return "PUT", f"/api/v1/memories/c-{n % CLIENTS}", headers, body, 200


KINDS: list[Request] = [
    _get("/api/v1/labels/production/files/a.md"),
    _get("/api/v1/sets/s/files/a.md"),
    _get("/api/v1/prompts/view/s/a.md"),
    _get("/api/v1/prompts/view/s/{n}.md"),
    _get("/api/v1/labels/production/files/a.md?x={n}"),
    _get("/api/v1/labels/production/files/a.md", X_Request_Id="request-{n}"),
    _get("/api/v1/labels/production/files/a.md", 304, If_None_Match="*"),
    _get("/api/v1/labels/label-{n}/files/a.md", 404),
    _get("/api/v1/memories/c-1"),
    _get("/api/v1/memories/unknown-{n}", 404),
    _get("/api/v1/memories?prefix=c-{n}"),
    _get("/api/v1/memories?limit=x{n}", 422),
    _get("/nowhere/{n}", 404),
    _get("/api/v1/sets/s", 401, X_API_Key="isk_{n}"),
    _get("/livez"),
    _get("/metrics"),
    _save,
]


class Resident:
    """A process, and the memory that it has now."""

    def __init__(self, running: Serving) -> None:
        self._status = Path(f"/proc/{running.process.pid}/status")

    def __call__(self) -> int:
        lines = self._status.read_text(encoding="ascii").splitlines()
        return next(int(line.split()[1]) * 1024 for line in lines if line.startswith("VmRSS"))


@contextmanager
def served(cli: Cli) -> Iterator[Serving]:
    """With a prompt set and conversations; its log is read, and forgotten."""
    cli.write("config.yml", CONFIG)
    cli.write("a.md", "x" * 4096)
    cli("containers", "ensure")
    cli("prompts", "create", "s")
    cli("prompts", "put", "s", "a.md")
    cli("prompts", "label", "set", "production", "s@2")
    for number in range(CLIENTS):
        cli("memory", "save", f"c-{number}", stdin=json.dumps({"messages": []}))
    with serving(cwd=cli.folder, serve=["serve"]) as running:
        running.becomes("/readyz", 200)
        assert running.process.stderr is not None
        drain = threading.Thread(target=running.process.stderr.read, daemon=True)
        drain.start()
        yield running
        running.process.terminate()
        assert running.process.wait(200) == 0
        drain.join(20)


def send(url: str, numbers: range) -> None:
    """Several clients at once; each has its own conversation, so that no save meets another."""
    with ThreadPoolExecutor(CLIENTS) as clients:
        list(clients.map(lambda first: _send(url, numbers[first::CLIENTS]), range(CLIENTS)))


def _send(url: str, numbers: range) -> None:
    parts = urlsplit(url)
    with closing(HTTPConnection(parts.hostname or "", parts.port, timeout=60)) as connection:
        for number in numbers:
            method, path, headers, body, status = KINDS[number % len(KINDS)](number)
            connection.request(method, path, body, headers)
            answer = connection.getresponse()
            assert answer.status == status, (method, path, answer.read())
            answer.read()


@pytest.mark.slow
@pytest.mark.skipif(sys.platform != "linux", reason="the memory of a process is read in /proc")
def test_memory_is_flat(cli: Cli) -> None:
    with served(cli) as running:
        resident, part = Resident(running), REQUESTS // 10
        measured = list[int]()
        for first in range(0, REQUESTS, part):
            send(running.url, range(first, first + part))
            measured.append(resident())
    grown = measured[-1] - measured[4]
    assert grown < ALLOWED, [f"{each / 1e6:.1f} MB" for each in measured]
