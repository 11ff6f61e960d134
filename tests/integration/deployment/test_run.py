"""examples/deploy runs: the image's command and health check, without Docker, on Azurite."""

from __future__ import annotations

import os
import shutil
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import httpx2 as httpx
import pytest

from tests.integration.deployment.parts import DEPLOY, SCRIPTS, environments, instruction, text
from tests.integration.deployment.test_manifests import PROBES
from tests.support.page import ROOT, containers
from tests.support.polling import eventually
from tests.support.servers.azurite import Azurite

pytestmark = pytest.mark.slow


@pytest.fixture
def port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as server:
        number: int = server.getsockname()[1]
        return number


@pytest.fixture
def environ(azurite: Azurite, container_name: str) -> dict[str, str]:
    return {
        **os.environ,
        **environments()["compose.yml"],
        "AZURE_STORAGE_CONNECTION_STRING": azurite.connection_string,
        **containers(container_name),
        "PATH": f"{SCRIPTS}{os.pathsep}{os.environ['PATH']}",
        "PYTHONDONTWRITEBYTECODE": "1",
    }


@pytest.fixture
def served(environ: dict[str, str], port: int, tmp_path: Path) -> Iterator[subprocess.Popen[bytes]]:
    """The application in a folder that it need not write to."""
    here = {"0.0.0.0": "127.0.0.1", "8000": str(port)}
    command = [here.get(word, word) for word in instruction("CMD")]
    environ = {**environ, "PYTHONPATH": str(DEPLOY)}
    with subprocess.Popen(command, cwd=tmp_path, env=environ) as process:
        try:
            yield process
        finally:
            process.kill()


def test_the_image_without_docker(
    served: subprocess.Popen[bytes], environ: dict[str, str], port: int, tmp_path: Path
) -> None:
    with httpx.Client(base_url=f"http://127.0.0.1:{port}", trust_env=False, timeout=100) as client:

        def status(path: str) -> int:
            try:
                return client.get(path).status_code
            except httpx.TransportError:
                return 0

        eventually(lambda: {status(path) for path in PROBES} == {200}, within=100)
        message = {"role": "user", "content": "Hello"}
        assert client.post("/threads/a/messages", json=message).json() == {"revision": 1}
        assert client.get("/threads/a").json() == {"messages": [message]}
        assert client.get("/threads/b").status_code == 404
        assert "ingenious_storage_revisions_total" in client.get("/storage/metrics").text
    check = [word.replace(":8000/", f":{port}/") for word in instruction("HEALTHCHECK CMD")]
    subprocess.run(check, cwd=tmp_path, env=environ, check=True, timeout=100)
    verify = ["ingenious-storage", "verify"]
    subprocess.run(verify, cwd=tmp_path, env=environ, check=True, timeout=100)
    served.send_signal(signal.SIGTERM)
    assert served.wait(timeout=100) in {0, -signal.SIGTERM}
    assert list(tmp_path.iterdir()) == []


def test_what_is_sent_to_docker_is_enough_to_build(tmp_path: Path) -> None:
    sent = [line[1:] for line in text("Dockerfile.dockerignore").splitlines() if line[0] == "!"]
    for name in sent:
        source = ROOT / name
        if source.is_dir():
            shutil.copytree(source, tmp_path / name, ignore=shutil.ignore_patterns("__pycache__"))
        else:
            shutil.copyfile(source, tmp_path / name)
    pip = (sys.executable, "-m", "pip", "wheel", "--quiet", "--no-deps", "--no-build-isolation")
    subprocess.run([*pip, "-w", tmp_path / "dist", tmp_path], check=True, timeout=250)
    for name in ("examples/deploy/requirements.txt", "examples/deploy/app.py"):
        assert (tmp_path / name).is_file()
        assert name in text("Dockerfile")
