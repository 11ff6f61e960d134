"""A key in a vault: what the examination says when it is well, disabled, forbidden or away."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.ops.doctor.bench import Bench
from tests.ops.doctor.cases.layers import make_keys
from tests.ops.doctor.test_healthy import check, statuses
from tests.support.servers.vault import Vault, key_vault, run_tokens


@pytest.fixture
def vault(bench: Bench, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Vault]:
    """Encryption by a vault on loopback, on a folder that has its keys."""
    for name in list(os.environ):
        if name.startswith(("AZURE_", "IDENTITY_", "MSI_")):
            monkeypatch.delenv(name)
    assert bench.folder.is_dir()
    with key_vault(tmp_path) as running, run_tokens() as variables:
        for name, value in variables.items():
            monkeypatch.setenv(name, value)
        bench.storage |= {
            "http": {"ca_file": running.ca_file},
            "encryption": {
                "provider": "azure_key_vault",
                "key_vault_key_id": running.key_id,
                "key_vault_credential": "managed_identity",
            },
        }
        make_keys(bench)
        yield running


def test_a_vault_that_is_well(bench: Bench, vault: Vault) -> None:
    bench.options = ["--strict"]
    report = bench.report(0)
    assert set(statuses(report).values()) == {"pass"}
    assert f"azure_key_vault: {vault.key_id}/" in check(report, "keys.provider")["summary"]
    assert check(report, "keys.wrap")["summary"] == "allowed, by RSA-OAEP-256"


def test_a_key_that_is_disabled(bench: Bench, vault: Vault) -> None:
    vault.keys.change(vault.name, vault.keys.newest(vault.name)["id"], {"enabled": False})
    found = check(bench.report(1), "keys.provider")
    assert "is disabled" in found["summary"]
    assert "az keyvault key set-attributes" in found["hint"]


@pytest.mark.parametrize("missing", ["get", "unwrapKey"])
def test_a_right_that_is_missing(bench: Bench, vault: Vault, missing: str) -> None:
    vault.rights.remove(missing)
    report = bench.report(1)
    found = next(each for each in report["checks"] if each["status"] == "fail")
    assert found["name"] == "keys.wrap"
    assert (found["code"], "Key Vault Crypto User" in found["hint"]) == ("key_refused", True)
    assert check(report, "data.layers")["because"] == "keys.wrap"


def test_a_vault_that_is_away(bench: Bench, vault: Vault) -> None:
    vault.server.shutdown()
    vault.server.server_close()
    bench.options = ["--timeout", "8"]
    found = check(bench.report(1), "keys.provider")
    assert found["code"] == "key_unavailable"
    assert check(bench.report(1), "data.delete")["status"] == "pass"
