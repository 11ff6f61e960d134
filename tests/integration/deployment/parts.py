"""The files of examples/deploy, and what checks them."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import yaml

from tests.support.page import ROOT

DEPLOY = ROOT / "examples" / "deploy"
HERE = Path(__file__).parent
SCRIPTS = Path(sys.executable).parent


def text(name: str) -> str:
    return (DEPLOY / name).read_text(encoding="utf-8")


def documents(name: str) -> list[dict[str, Any]]:
    return list(yaml.safe_load_all(text(name)))


def hadolint(dockerfile: str) -> str:
    """What it finds, "" for nothing."""
    return _run([SCRIPTS / "hadolint", "-"], dockerfile)


def compose_schema(compose: str, folder: Path) -> str:
    """The Compose Specification's own schema, of which check-jsonschema has a copy."""
    path = folder / "compose.yml"
    path.write_text(compose, encoding="utf-8")
    options = ["--builtin-schema", "vendor.compose-spec"]
    return _run([SCRIPTS / "check-jsonschema", *options, path], "")


def kubernetes_schema(manifest: str, folder: Path) -> str:
    """The schemas of Kubernetes 1.34, without unknown fields."""
    path = folder / "kubernetes.yml"
    path.write_text(manifest, encoding="utf-8")
    options = ["--strict", "--quiet", "-k", "1.34"]
    return _run([SCRIPTS / "kubernetes-validate", *options, path], "")


def kube_score(manifest: str) -> str:
    """A linter; Go builds it."""
    tool = ["go", "tool", f"-modfile={HERE / 'go.mod'}", "kube-score", "score"]
    return _run([*tool, "--output-format", "ci", "-"], manifest)


def container_app_schema(manifest: str) -> list[str]:
    """The properties, types and enums of Azure's specification, as the SDK of Pulumi has them.

    It takes the ids of identities as a list, where Azure's own form is a map, and what is below
    `properties` beside the rest.
    """
    from local.kinds.schema import problems

    found = yaml.safe_load(manifest)
    identity = {**found.pop("identity")}
    identity["userAssignedIdentities"] = list(identity["userAssignedIdentities"])
    inputs = {**found.pop("properties"), **found, "identity": identity, "resourceGroupName": "rg"}
    wrong = problems("azure-native:app:ContainerApp", inputs)
    return [f"{each.path}: {each.reason}" for each in wrong]


def instruction(name: str) -> list[str]:
    """The JSON form of the Dockerfile's last CMD, or of its HEALTHCHECK's."""
    [found] = re.findall(rf"^{name} (\[.*\])$", text("Dockerfile"), re.MULTILINE)
    words: list[str] = json.loads(found)
    return words


def environments() -> dict[str, dict[str, str]]:
    """The variables of the application, by the file that sets them."""
    [config] = (each for each in documents("kubernetes.yml") if each["kind"] == "ConfigMap")
    [compose] = documents("compose.yml")
    [azure] = documents("container-app.yml")
    [container] = azure["properties"]["template"]["containers"]
    return {
        "kubernetes.yml": config["data"],
        "compose.yml": compose["services"]["agents"]["environment"],
        "container-app.yml": {each["name"]: each["value"] for each in container["env"]},
    }


def probes(found: Any) -> Iterator[tuple[str, Any]]:
    """Path and port of every httpGet of a document, wherever it is."""
    if isinstance(found, dict):
        if "httpGet" in found:
            yield found["httpGet"]["path"], found["httpGet"]["port"]
        for value in found.values():
            yield from probes(value)
    elif isinstance(found, list):
        for value in found:
            yield from probes(value)


def has_go() -> bool:
    return shutil.which("go") is not None or bool(os.environ.get("CI"))


def _run(command: list[Any], stdin: str) -> str:
    done = subprocess.run(
        command,
        input=stdin,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        cwd=HERE,
        text=True,
        timeout=110,
        check=False,
    )
    return done.stdout or f"exit code {done.returncode}" if done.returncode else ""
