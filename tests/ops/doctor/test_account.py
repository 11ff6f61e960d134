"""A real account: what it adds, on Azurite behind a proxy that answers as one would."""

from __future__ import annotations

import socket
from collections.abc import Callable
from typing import Any

import pytest

from ingenious_ops.configuration import Configuration
from ingenious_ops.doctor.checks import network
from ingenious_ops.doctor.claims import Claims, read_claims
from ingenious_ops.doctor.context import Context
from ingenious_storage.backends.account import Route
from ingenious_storage.backends.registry import find_store
from ingenious_storage.config import Settings, StorageSettings
from ingenious_storage.key_providers.key_file import KeyFile
from tests.library.documents.faults.proxy import Answer
from tests.ops.doctor.bench import Bench
from tests.ops.doctor.test_healthy import check
from tests.support.credentials import FakeCredential
from tests.support.faults import Call, Request

INFORMATION = {"x-ms-account-kind": "StorageV2", "x-ms-sku-name": "Standard_ZRS"}
VERSIONED = {"x-ms-version-id": "2026-11-23T00:00:00.0000000Z"}


@pytest.fixture
def real(bench: Bench) -> Bench:
    """Taken for a real account, although it is on this machine."""
    opens = find_store("azure_blob").open_account
    assert opens is not None
    handle = opens(StorageSettings(type="azure_blob", account_name="contosoagents"))
    bench.patch.setattr(type(handle), "is_clouds_own", property(lambda _: True))
    return bench


def with_headers(bench: Bench, headers: dict[str, str], *, soft_delete: int = 0) -> None:
    """With `soft_delete` the account keeps for so many days what is deleted."""
    policy = f"<Enabled>true</Enabled><Days>{soft_delete}</Days>"
    added = f"<DeleteRetentionPolicy>{policy}</DeleteRetentionPolicy></StorageServiceProperties>"
    azurite = bench.with_key()

    def reply(request: Request, call: Call) -> Answer:
        found: Answer = call()
        body = found.body
        if soft_delete:
            body = body.replace(b"</StorageServiceProperties>", added.encode())
        gone = headers if body == found.body else {*headers, "content-length"}
        kept = [pair for pair in found.headers if pair[0].lower() not in gone]
        return Answer(found.status, [*kept, *headers.items()], body)

    bench.with_key(bench.before(azurite, reply).azurite)


def test_what_is_off_is_told_with_the_command(real: Bench) -> None:
    real.with_key()
    report = real.report(0)
    key, versions, soft = (
        check(report, name) for name in ("credential", "account.versioning", "account.soft_delete")
    )
    assert [each["status"] for each in (key, versions, soft)] == ["warn"] * 3
    assert "storage.credential: default" in key["hint"]
    assert versions["hint"].endswith("--account-name devstoreaccount1 --enable-versioning true")
    assert "--enable-delete-retention true" in soft["hint"]
    real.options = ["--strict"]
    real.report(5)


def test_what_is_on(real: Bench) -> None:
    with_headers(real, VERSIONED | INFORMATION)
    report = real.report(0)
    assert check(report, "account.versioning")["summary"].startswith("on; the probes stay")
    assert check(report, "account.kind")["summary"] == "StorageV2, Standard_ZRS"
    assert check(report, "account.shared_key")["summary"].startswith("allowed")


@pytest.mark.parametrize(
    ("account", "given", "status", "said"),
    [
        ((30, True), 120, "pass", "on, 30 days"),
        ((30, True), 29, "warn", "storage.retention_days is 29"),
        ((30, False), 31, "warn", "storage.retention_days is 31"),
        ((0, True), 90, "warn", "soft delete is off"),
    ],
)
def test_versions_add_to_what_soft_delete_keeps(
    real: Bench, account: tuple[int, bool], given: int, status: str, said: str
) -> None:
    """A version that a rule deletes is soft-deleted then: prod keeps 90 days and 30."""
    kept, versioned = account
    real.storage["retention_days"] = given
    with_headers(real, VERSIONED if versioned else {}, soft_delete=kept)
    found = check(real.report(0), "account.soft_delete")
    assert (found["status"], said in found["summary"]) == (status, True), found
    if status == "pass":
        assert found["details"] == [
            "storage.retention_days is 120: 90 of it are for versions, which rules delete"
        ]
    elif "retention_days" in said:
        more = ", and the days that rules keep versions" if versioned else ""
        assert f"Set storage.retention_days: {kept}{more}: receipts" in found["hint"]


def test_records_of_keys_are_kept_as_long_as_soft_delete_at_least(real: Bench) -> None:
    KeyFile.create(real.cli.folder / "vault.key")
    real.storage["encryption"] = {
        "provider": "key_file",
        "key_file": "vault.key",
        "key_retention_days": 8,
    }
    with_headers(real, VERSIONED, soft_delete=30)
    found = check(real.report(0), "account.soft_delete")
    assert found["summary"].startswith("storage.encryption.key_retention_days is 8, the account ")
    assert "Set storage.encryption.key_retention_days: 30, and" in found["hint"]


def test_a_hierarchical_namespace(bench: Bench) -> None:
    with_headers(bench, {"x-ms-is-hns-enabled": "true", **INFORMATION})
    found = check(bench.report(0), "account.kind")
    assert (found["status"], found["summary"]) == (
        "warn",
        "StorageV2, Standard_ZRS, with a hierarchical namespace",
    )


def test_what_a_role_for_data_may_not_ask(bench: Bench) -> None:
    azurite = bench.with_identity(FakeCredential())

    def reply(request: Request, call: Call) -> Answer:
        if request.operation == "get" and request.key is None:
            code = "AuthorizationPermissionMismatch"
            return Answer(403, [("x-ms-error-code", code), ("x-ms-request-id", "1")])
        found: Answer = call()
        return found

    bench.with_identity(FakeCredential(), bench.before(azurite, reply).azurite)
    report = bench.report(0)
    for name in ("account.kind", "account.shared_key", "account.soft_delete"):
        found = check(report, name)
        assert found["status"] == "skip"
        assert found["hint"].startswith("Run: az storage account ")
    assert check(report, "account.versioning")["status"] == "pass"


def resolving(*addresses: str) -> Callable[..., list[Any]]:
    return lambda host, port, **_: [(0, 0, 0, "", (address, port)) for address in addresses]


@pytest.mark.parametrize(
    ("addresses", "summary", "detail"),
    [
        (["10.1.0.5"], "10.1.0.5 (private)", "through a private endpoint"),
        (["20.60.1.2", "20.60.1.2"], "20.60.1.2 (public)", "over the public endpoint"),
        (["fd00::5", "20.60.1.2"], "fd00::5 (private), 20.60.1.2 (public)", "over the public"),
    ],
)
def test_private_and_public_addresses(
    addresses: list[str], summary: str, detail: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(socket, "getaddrinfo", resolving(*addresses))
    settings = Settings(StorageSettings(type="azure_blob", account_name="contosoagents"))
    context = Context(
        Configuration(), request_timeout=1, settings=settings, route=Route(None, "ca.pem")
    )
    found = network._dns(context)
    assert found.summary == f"contosoagents.blob.core.windows.net: {summary}"
    assert found.details[0].startswith(detail)


@pytest.mark.parametrize(
    "token", ["", "opaque", "a.b.c", "a.WyJsaXN0Il0.c", "a.!!!.c", "a.eyJ0aWQiOiA3fQ.c"]
)
def test_a_token_is_opaque_by_contract(token: str) -> None:
    assert read_claims(token) == Claims()
