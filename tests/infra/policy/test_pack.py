"""The pack as the engine runs it: a process of its own, asked over gRPC."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest

from ingenious_infra.policy.rules import RULES
from tests.infra.conftest import INFRA, Recorder
from tests.infra.program.recorder import Recorded, Recording

ENVIRONMENTS = ("dev", "test", "prod")


@pytest.fixture(scope="module")
def analyzer() -> Iterator[Any]:
    pytest.importorskip("pulumi_policy", reason="pip install 'ingenious-storage[infra]'")
    from pulumi.runtime.proto import analyzer_pb2_grpc

    with _channel() as channel:
        yield analyzer_pb2_grpc.AnalyzerStub(channel)


@contextmanager
def _channel() -> Iterator[Any]:
    grpc = pytest.importorskip("grpc")
    # What Pulumi's own script `pulumi-analyzer-policy-python` runs.
    command = [sys.executable, "-u", "-m", "pulumi.policy", "127.0.0.1:0", "."]
    with subprocess.Popen(
        command, cwd=INFRA / "policy", stdout=subprocess.PIPE, text=True, env=dict(os.environ)
    ) as process:
        assert process.stdout is not None
        try:
            port = int(process.stdout.readline())
            with grpc.insecure_channel(f"127.0.0.1:{port}") as channel:
                yield channel
        finally:
            process.kill()


def test_every_rule_is_a_policy_of_its_level(analyzer: Any) -> None:
    from pulumi.runtime.proto import analyzer_pb2

    empty_pb2 = pytest.importorskip("google.protobuf.empty_pb2")
    info = analyzer.GetAnalyzerInfo(empty_pb2.Empty(), timeout=200)
    assert info.name == "ingenious-storage"
    levels = {policy.name: policy.enforcementLevel for policy in info.policies}
    assert levels == {
        **{rule.name: analyzer_pb2.MANDATORY for rule in RULES if rule.mandatory},
        **{f"{rule.name}-advice": analyzer_pb2.ADVISORY for rule in RULES if rule.advisory},
    }
    described = {policy.name: policy.description for policy in info.policies}
    assert "CKV2_AZURE_40" in described["storage-shared-key-off-advice"]


@pytest.mark.parametrize("environment", ENVIRONMENTS)
def test_it_finds_nothing_wrong_with_the_program(
    analyzer: Any, record: Recorder, environment: str
) -> None:
    recording = record(environment, customer_managed_key=True)
    assert _resource_messages(analyzer, recording) == []
    assert _stack_messages(analyzer, recording.resources) == []


def test_a_resource_is_refused_before_it_is_made(analyzer: Any, record: Recorder) -> None:
    recording = record("dev", shared_key_access=True)
    ((name, message),) = _resource_messages(analyzer, recording)
    assert name == "storage-shared-key-off-advice"
    assert "allowSharedKeyAccess is True; allowed: False" in message
    ((name, _),) = _resource_messages(analyzer, record("prod", shared_key_access=True))
    assert name == "storage-shared-key-off"


def test_a_stack_is_refused_for_what_it_lacks(analyzer: Any, record: Recorder) -> None:
    recording = record("prod")
    unlocked = [found for found in recording.resources if found.name != "lock"]
    ((name, message),) = _stack_messages(analyzer, unlocked)
    assert name == "account-locked"
    assert "allowed: CanNotDelete" in message


def test_what_is_unknown_in_a_preview_is_no_violation(analyzer: Any, record: Recorder) -> None:
    from pulumi_policy.proxy import UNKNOWN_STRING_VALUE

    unknown = [
        Recorded(found.type, found.name, {**found.inputs, "scope": UNKNOWN_STRING_VALUE}, False)
        if "scope" in found.inputs
        else found
        for found in record("dev").resources
    ]
    ((name, message),) = _stack_messages(analyzer, unknown)
    assert name == "role-scope"
    assert "during preview" in message


def _resource_messages(analyzer: Any, recording: Recording) -> list[tuple[str, str]]:
    from pulumi.runtime.proto import analyzer_pb2

    return [
        (found.policyName, found.message)
        for resource in recording.resources
        for found in analyzer.Analyze(
            analyzer_pb2.AnalyzeRequest(**_fields(resource)), timeout=60
        ).diagnostics
    ]


def _stack_messages(analyzer: Any, resources: list[Recorded]) -> list[tuple[str, str]]:
    from pulumi.runtime.proto import analyzer_pb2

    request = analyzer_pb2.AnalyzeStackRequest(
        resources=[analyzer_pb2.AnalyzerResource(**_fields(found)) for found in resources]
    )
    diagnostics = analyzer.AnalyzeStack(request, timeout=200).diagnostics
    return [(found.policyName, found.message) for found in diagnostics]


def _fields(resource: Recorded) -> dict[str, Any]:
    from pulumi.runtime.proto import analyzer_pb2

    json_format = pytest.importorskip("google.protobuf.json_format")
    struct_pb2 = pytest.importorskip("google.protobuf.struct_pb2")
    properties = json_format.ParseDict(resource.inputs, struct_pb2.Struct())
    return {
        "type": resource.type,
        "name": resource.name,
        "urn": f"urn:pulumi:stack::ingenious-storage::{resource.type}::{resource.name}",
        "properties": properties,
        "options": analyzer_pb2.AnalyzerResourceOptions(protect=resource.protect),
    }
