"""examples/deploy: linters and schemas find nothing there, and find what is planted."""

from __future__ import annotations

from pathlib import Path

import pytest

from ingenious_storage.config import load_settings
from tests.integration.deployment.parts import (
    compose_schema,
    container_app_schema,
    documents,
    environments,
    hadolint,
    has_go,
    kube_score,
    kubernetes_schema,
    probes,
    text,
)

DOCKERFILE = text("Dockerfile")
COMPOSE = text("compose.yml")
KUBERNETES = text("kubernetes.yml")
CONTAINER_APP = text("container-app.yml")
PROBES = {"/storage/startupz", "/storage/livez", "/storage/readyz"}


def planted(source: str, old: str, new: str) -> str:
    assert old in source
    return source.replace(old, new)


def test_the_dockerfile() -> None:
    assert hadolint(DOCKERFILE) == ""
    assert "DL3006" in hadolint(planted(DOCKERFILE, "python:3.13-slim-bookworm\n", "python\n"))
    assert "DL3002" in hadolint(planted(DOCKERFILE, "USER 10001", "USER root"))
    assert "DL3025" in hadolint(planted(DOCKERFILE, 'CMD ["uvicorn"', "CMD uvicorn "))


@pytest.mark.slow
def test_the_compose_file(tmp_path: Path) -> None:
    assert compose_schema(COMPOSE, tmp_path) == ""
    assert "porst" in compose_schema(planted(COMPOSE, "ports:", "porst:"), tmp_path)
    wrong = planted(COMPOSE, "service_healthy", "healthy")
    assert "healthy" in compose_schema(wrong, tmp_path)


@pytest.mark.slow
def test_the_kubernetes_objects(tmp_path: Path) -> None:
    assert kubernetes_schema(KUBERNETES, tmp_path) == ""
    wrong = planted(KUBERNETES, "livenessProbe:", "livenesProbe:")
    assert "livenesProbe" in kubernetes_schema(wrong, tmp_path)
    wrong = planted(KUBERNETES, "replicas: 2", "replicas: two")
    assert "replicas" in kubernetes_schema(wrong, tmp_path)


@pytest.mark.slow
@pytest.mark.skipif(not has_go(), reason="Go is not installed: it builds kube-score")
def test_what_is_advised_for_kubernetes() -> None:
    assert {line[:4] for line in kube_score(KUBERNETES).splitlines()} <= {"[OK]", "[SKI"}
    wrong = planted(KUBERNETES, "readOnlyRootFilesystem: true", "readOnlyRootFilesystem: false")
    assert "[CRITICAL]" in kube_score(wrong)
    wrong = planted(KUBERNETES, "operator: In, values: [agents, agents-verify]", "operator: Exists")
    assert "[CRITICAL]" in kube_score(planted(wrong, "key: app,", "key: other,"))


def test_the_container_app() -> None:
    assert container_app_schema(CONTAINER_APP) == []
    for old, new, found in (
        ("targetPort", "targetport", "configuration.ingress.targetport"),
        ("targetPort: 8000", "targetPort: http", "configuration.ingress.targetPort"),
        ("type: Startup", "type: Start", "template.containers[0].probes[0].type"),
        ("type: UserAssigned", "type: Users", "identity.type"),
    ):
        [problem] = container_app_schema(planted(CONTAINER_APP, old, new))[:1]
        assert problem.startswith(f"{found}: ")


def test_the_probes_ask_for_what_there_is() -> None:
    for name, port in (("kubernetes.yml", "http"), ("container-app.yml", 8000)):
        assert set(probes(documents(name))) == {(path, port) for path in PROBES}


def test_workload_identity() -> None:
    """What its webhook of AKS looks for: the label on the pod, the client id on its account."""
    found = documents("kubernetes.yml")
    [account] = (each for each in found if each["kind"] == "ServiceAccount")
    assert set(account["metadata"]["annotations"]) == {"azure.workload.identity/client-id"}
    [deployment] = (each for each in found if each["kind"] == "Deployment")
    [job] = (each for each in found if each["kind"] == "CronJob")
    for template in (
        deployment["spec"]["template"],
        job["spec"]["jobTemplate"]["spec"]["template"],
    ):
        assert template["metadata"]["labels"]["azure.workload.identity/use"] == "true"
        assert template["spec"]["serviceAccountName"] == account["metadata"]["name"]
    assert {each["metadata"]["namespace"] for each in found} == {"agents"}


def test_the_variables_are_settings(tmp_path: Path) -> None:
    accounts = {
        name: load_settings(environ=variables, cwd=tmp_path).storage.azure_account()
        for name, variables in environments().items()
    }
    assert {name: account.credential for name, account in accounts.items()} == {
        "kubernetes.yml": "workload_identity",
        "compose.yml": "connection_string",
        "container-app.yml": "managed_identity",
    }
    assert accounts["compose.yml"].account_url == "http://azurite:10000/devstoreaccount1"
    azure = "https://mycompanyagents.blob.core.windows.net"
    assert accounts["kubernetes.yml"].account_url == azure
    assert accounts["container-app.yml"].account_url == azure
