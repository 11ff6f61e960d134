"""Configurations that are broken."""

from __future__ import annotations

from tests.ops.doctor.bench import Bench
from tests.ops.doctor.cases.case import case


@case(
    "configuration",
    "no profile 'prod'",
    "It has cloud",
    code="invalid_configuration",
    blocks=("storage",),
)
def unknown_profile(bench: Bench) -> None:
    bench.options = ["--profile", "prod"]


@case("configuration", r"config.yml:3: not valid YAML", "Correct this line", blocks=("storage",))
def broken_file(bench: Bench) -> None:
    bench.cli.write("config.yml", "storage:\n  type: [local\n")


@case("configuration", "no account is named", "storage.account_name to sign in by identity")
def half_a_configuration(bench: Bench) -> None:
    bench.storage["type"] = "azure_blob"


@case("configuration", "service_principal needs storage.tenant_id", "Set what is missing")
def half_a_credential(bench: Bench) -> None:
    bench.storage |= {
        "type": "azure_blob",
        "account_name": "contosoagents",
        "credential": "service_principal",
    }
