"""docs/health.md: its code runs, its YAML asks for what there is, its example has the shape."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml

from ingenious_ops.health.document import document
from ingenious_storage import Health, Storage
from tests.ops.cli.harness import Cli
from tests.ops.health.test_asgi import ENDPOINTS

ROOT = Path(__file__).parents[3]
PAGE = (ROOT / "docs" / "health.md").read_text(encoding="utf-8")


def blocks(language: str) -> list[str]:
    return re.findall(rf"^```{language}\n(.*?)^```", PAGE, re.DOTALL | re.MULTILINE)


def test_every_endpoint_has_its_row() -> None:
    assert re.findall(r"^\| `(/\w+)` \|", PAGE, re.MULTILINE) == ENDPOINTS


def test_the_example_has_the_shape_of_an_answer(storage: Storage) -> None:
    health = Health(storage)
    [shown], answer = map(json.loads, blocks("json")), document(health.report(), health, "x")
    assert shown["serviceId"] == "ingenious-storage"
    assert set(shown) == {*answer, "output"}  # it shows a failure
    for name, [check] in shown["checks"].items():
        assert set(check) - {"output"} == set(answer["checks"][name][0])


def probes(found: Any) -> list[dict[str, Any]]:
    """Every httpGet of a document, wherever it is."""
    if isinstance(found, dict):
        own = [found["httpGet"]] if "httpGet" in found else []
        return own + [probe for value in found.values() for probe in probes(value)]
    return [probe for value in found for probe in probes(value)] if isinstance(found, list) else []


@pytest.mark.parametrize("number", [0, 1])
def test_the_probes_ask_for_what_there_is(number: int) -> None:
    found = yaml.safe_load(blocks("yaml")[number])
    assert {probe["path"] for probe in probes(found)} == {"/startupz", "/livez", "/readyz"}
    text = json.dumps(found)
    assert '["ingenious-storage", "health", "serve", "--host", "0.0.0.0", "--port", "8081"]' in text
    assert {probe["port"] for probe in probes(found)} <= {"health", 8081}


ASKED = """
from fastapi.testclient import TestClient
from tests.support.polling import eventually
with TestClient(app) as client:
    eventually(storage.health.latest)
    assert client.get("/storage/readyz").status_code == 200
    assert "ingenious_storage_health_up" in client.get("/storage/metrics").text
"""


def test_the_mounted_example(cli: Cli) -> None:
    # In a process of its own: the providers of telemetry are set once in a process.
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", blocks("python")[0] + ASKED],
        cwd=cli.folder,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        timeout=200,
        check=False,
    )
    assert (done.returncode, done.stderr) == (0, b"")


def test_the_library_example(
    ingenious_storage: Storage, capsys: pytest.CaptureFixture[str]
) -> None:
    ingenious_storage.data.ensure_container()
    exec(compile(blocks("python")[1], "docs/health.md", "exec"), {})
    first, data, revisions = capsys.readouterr().out.splitlines()
    assert first == "warn 0 s old"
    assert data.startswith("data pass ")
    assert "container_not_found" in revisions
