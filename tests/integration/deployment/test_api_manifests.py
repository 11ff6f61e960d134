"""examples/deploy/api: linters and schemas find nothing there, and find what is planted."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest

from ingenious_ops.cli.app import root
from ingenious_storage.config import Settings, load_settings
from tests.integration.deployment.parts import (
    compose_schema,
    container_app_schema,
    documents,
    hadolint,
    has_go,
    kube_score,
    kubernetes_schema,
    probes,
    text,
)

DOCKERFILE = text("api/Dockerfile")
PROBES = {"/startupz", "/livez", "/readyz"}
DIGEST = "0" * 64


def test_the_dockerfile() -> None:
    assert hadolint(DOCKERFILE) == ""
    [command] = re.findall(r"^CMD (\[.*\])$", DOCKERFILE, re.MULTILINE)
    program, *words = json.loads(command)
    assert program == "ingenious-storage"
    name, command_of_it, rest = root.resolve_command(root.make_context(program, [*words]), words)
    assert name == "serve"
    assert command_of_it is not None
    with command_of_it.make_context(name, [*rest], **root.context_settings) as context:
        assert (context.params["host"], context.params["port"]) == ("0.0.0.0", 8080)


@pytest.mark.slow
def test_the_compose_file_and_the_kubernetes_objects(tmp_path: Path) -> None:
    assert compose_schema(text("api/compose.yml"), tmp_path) == ""
    assert kubernetes_schema(text("api/kubernetes.yml"), tmp_path) == ""


@pytest.mark.slow
@pytest.mark.skipif(not has_go(), reason="Go is not installed: it builds kube-score")
def test_what_is_advised_for_kubernetes() -> None:
    assert {line[:4] for line in kube_score(text("api/kubernetes.yml")).splitlines()} <= {
        "[OK]",
        "[SKI",
    }


def test_the_container_app() -> None:
    assert container_app_schema(text("api/container-app.yml")) == []


def test_the_probes_ask_for_what_there_is() -> None:
    for name, port in (("api/kubernetes.yml", "http"), ("api/container-app.yml", 8080)):
        assert set(probes(documents(name))) == {(path, port) for path in PROBES}


def test_the_variables_are_settings_that_let_nobody_in_who_is_unknown(tmp_path: Path) -> None:
    for name, variables in environments().items():
        settings = loaded(variables, tmp_path)
        assert not settings.api.is_open, name
        assert settings.storage.azure_account().credential == CREDENTIALS[name]
        assert settings.storage.catalogue.path is not None, name


CREDENTIALS = {
    "compose.yml": "connection_string",
    "kubernetes.yml": "workload_identity",
    "container-app.yml": "managed_identity",
}


def loaded(variables: dict[str, str], folder: Path) -> Settings:
    return load_settings(environ=variables, cwd=folder)


def environments() -> dict[str, dict[str, str]]:
    """The variables of the API by the file that sets them, with a made-up value for each secret."""
    kubernetes: list[dict[str, Any]] = documents("api/kubernetes.yml")
    [config] = (each for each in kubernetes if each["kind"] == "ConfigMap")
    [compose] = documents("api/compose.yml")
    [azure] = documents("api/container-app.yml")
    [container] = azure["properties"]["template"]["containers"]
    keys = json.dumps({"laptop": {"sha256": DIGEST, "role": "admin"}})
    return {
        "compose.yml": {**compose["services"]["api"]["environment"], "INGENIOUS_API__KEYS": keys},
        "kubernetes.yml": config["data"],
        "container-app.yml": {
            each["name"]: each.get("value", "s" * 32) for each in container["env"]
        },
    }
