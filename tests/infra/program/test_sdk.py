"""The SDK, which mocks do not check: its enum values, and which of its modules are loaded."""

from __future__ import annotations

import importlib
import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.infra.conftest import API, INFRA, Recorder
from tests.infra.program.test_controls import at

ENUMS = [
    ("storage:StorageAccount", "sku.name", "SkuName"),
    ("storage:StorageAccount", "kind", "Kind"),
    ("storage:StorageAccount", "accessTier", "AccessTier"),
    ("storage:StorageAccount", "minimumTlsVersion", "MinimumTlsVersion"),
    ("storage:StorageAccount", "publicNetworkAccess", "PublicNetworkAccess"),
    ("storage:StorageAccount", "allowedCopyScope", "AllowedCopyScope"),
    ("storage:StorageAccount", "sasPolicy.expirationAction", "ExpirationAction"),
    ("storage:StorageAccount", "networkRuleSet.defaultAction", "DefaultAction"),
    ("storage:StorageAccount", "networkRuleSet.bypass", "Bypass"),
    ("storage:StorageAccount", "encryption.keySource", "KeySource"),
    ("storage:StorageAccount", "encryption.services.blob.keyType", "KeyType"),
    ("storage:StorageAccount", "identity.type", "IdentityType"),
    ("storage:BlobContainer", "publicAccess", "PublicAccess"),
    ("authorization:RoleAssignment", "principalType", "PrincipalType"),
    ("authorization:ManagementLockByScope", "level", "LockLevel"),
    ("operationalinsights:Workspace", "sku.name", "WorkspaceSkuNameEnum"),
    ("keyvault:Vault", "properties.sku.name", "SkuName"),
    ("keyvault:Vault", "properties.sku.family", "SkuFamily"),
    ("keyvault:Vault", "properties.networkAcls.bypass", "NetworkRuleBypassOptions"),
    ("keyvault:Vault", "properties.networkAcls.defaultAction", "NetworkRuleAction"),
    ("keyvault:Key", "properties.kty", "JsonWebKeyType"),
]


@pytest.mark.parametrize(("kind", "path", "enum"), ENUMS, ids=[f"{k}.{p}" for k, p, _ in ENUMS])
def test_values_exist(record: Recorder, kind: str, path: str, enum: str) -> None:
    module = importlib.import_module(f"pulumi_azure_native.{kind.partition(':')[0]}")
    allowed = {member.value for member in getattr(module, enum)}
    found = [
        at(resource.inputs, path)
        for environment in ("dev", "test", "prod")
        for resource in record(environment, customer_managed_key=True).all(kind)
    ]
    assert found
    assert set(found) <= allowed


def test_alert_values_exist(record: Recorder) -> None:
    monitor = importlib.import_module("pulumi_azure_native.monitor")
    values = {
        key: {
            criterion[key]
            for alert in record("prod").all("monitor:MetricAlert")
            for criterion in alert.inputs["criteria"]["allOf"]
            if key in criterion
        }
        for key in ("operator", "timeAggregation", "alertSensitivity")
    }
    assert values["operator"] <= {member.value for member in monitor.Operator}
    assert values["timeAggregation"] <= {member.value for member in monitor.AggregationTypeEnum}
    assert values["alertSensitivity"] <= {
        member.value for member in monitor.DynamicThresholdSensitivity
    }


_LOADED = """
import json, sys
from tests.infra.program.recorder import record_program
recording = record_program(sys.argv[1], json.loads(sys.argv[2]))
assert recording.error is None, recording.error
prefix = "pulumi_azure_native."
names = [name.removeprefix(prefix) for name in sys.modules if name.startswith(prefix)]
print(json.dumps(sorted({name.partition(".")[0] for name in names if "." in name})))
"""

DEV_MODULES = [
    "authorization",
    "managedidentity",
    "monitor",
    "operationalinsights",
    "resources",
    "storage",
]


@pytest.mark.parametrize(
    ("config", "modules"),
    [
        ({"environment": "dev"}, DEV_MODULES),
        (
            {
                "environment": "prod",
                "vnet_cidr": "10.40.0.0/24",
                "subnet_cidr": "10.40.0.0/27",
                "alert_email": "oncall@example.com",
                "client_side_key": True,
            },
            sorted([*DEV_MODULES, "keyvault", "network", "privatedns", "security"]),
        ),
        (
            {"environment": "dev", **API},
            sorted([*DEV_MODULES, "app", "network", "privatedns"]),
        ),
    ],
    ids=["dev", "prod", "api"],
)
def test_only_the_modules_in_use_are_loaded(config: dict[str, object], modules: list[str]) -> None:
    """The SDK has 257 modules, each with a lazy stand-in; one that is loaded has submodules."""
    pytest.importorskip("pulumi_azure_native")
    root = Path(__file__).resolve().parents[3]
    path = os.pathsep.join([str(root), str(INFRA), os.environ.get("PYTHONPATH", "")])
    run = subprocess.run(
        [sys.executable, "-c", _LOADED, "stack", json.dumps(config)],
        env={**os.environ, "PYTHONPATH": path},
        capture_output=True,
        text=True,
        check=True,
        timeout=100,
    )
    assert json.loads(run.stdout) == modules
