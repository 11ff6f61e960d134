"""Set-ups that are well: everything passes, and nothing stays in the store."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from ingenious_storage.backends.azure.native.backend import AzureBlobBackend
from ingenious_storage.backends.base import BlobInfo
from ingenious_storage.key_providers.key_file import KeyFile
from tests.ops.doctor.bench import Bench, token_json
from tests.ops.doctor.cases import layers
from tests.support.credentials import FakeCredential

WRITES = ("create", "read", "overwrite", "preconditions", "latency", "delete")
TENANT = "6a1b2c3d-0000-4000-8000-00000000abcd"


def statuses(report: dict[str, Any]) -> dict[str, str]:
    return {check["name"]: check["status"] for check in report["checks"]}


def check(report: dict[str, Any], name: str) -> dict[str, Any]:
    found: dict[str, Any] = next(each for each in report["checks"] if each["name"] == name)
    return found


@pytest.mark.parametrize("revisions", [False, True])
def test_azurite_with_its_key(bench: Bench, revisions: bool) -> None:
    azurite = bench.with_key()
    bench.put(azurite, "conversations/mine", b"stays")
    bench.options = ["--revisions", "--strict"] if revisions else ["--strict"]
    report = bench.report(0)
    assert set(statuses(report).values()) == {"pass"}
    assert {f"data.{name}" for name in ("container", "list", *WRITES)} <= set(statuses(report))
    assert all((f"revisions.{name}" in statuses(report)) is revisions for name in WRITES[2:])
    assert bench.left_behind() == [f"{bench.storage['container_data']}/conversations/mine"]
    assert (report["status"], report["profile"], report["backend"]) == (
        "pass",
        "cloud",
        "azure_blob",
    )


def test_azurite_with_an_identity(bench: Bench) -> None:
    """Through the real DefaultAzureCredential, which finds a command line called az."""
    bench.with_identity()
    bench.fake_az(f"echo '{token_json(tid=TENANT, oid='the-object')}'")
    report = bench.report(0)
    found = statuses(report)
    assert found.pop("account.shared_key") == "skip", "nobody can ask for it"
    assert set(found.values()) == {"pass"}
    credential = check(report, "credential")
    assert "DefaultAzureCredential chose AzureCliCredential" in credential["summary"]
    assert credential["details"] == [f"tenant {TENANT}", "object id the-object"]
    assert "issued by " in check(report, "tls")["summary"]
    assert bench.left_behind() == []


def test_one_token_for_all_of_it(bench: Bench) -> None:
    credential = FakeCredential()
    bench.with_identity(credential)
    bench.report(0)
    assert len(credential.scopes) == 1


def files(base: Path) -> set[Path]:
    return {path for path in base.rglob("*") if path.is_file() and ".locks" not in path.parts}


def test_a_folder(bench: Bench) -> None:
    base = bench.folder
    bench.options = ["--revisions", "--strict"]
    report = bench.report(0)
    assert set(statuses(report).values()) == {"pass"}
    assert files(base) == set()


def test_a_folder_that_is_not_there_yet(bench: Bench) -> None:
    report = bench.report(0)
    assert check(report, "data.container")["status"] == "warn"
    assert check(report, "data.delete")["because"] == "data.container"
    assert "ingenious-storage containers ensure --profile cloud" in str(report["checks"])
    assert not (bench.cli.folder / "data").exists()
    bench.options = ["--strict"]
    bench.report(5)


@pytest.mark.parametrize("sealed", [False, True])
def test_layers_that_are_on(bench: Bench, sealed: bool) -> None:
    if sealed:
        layers.key_file(bench)
    base = bench.folder
    bench.storage |= {"compression": {"enabled": True}, "cache": {"max_bytes": 2**20}}
    if sealed:
        layers.make_keys(bench)
    before = files(base)
    bench.options = ["--strict"]
    report = bench.report(0)
    found = statuses(report)
    assert set(found.values()) == {"pass"}
    assert ("keys.wrap" in found) is sealed
    said = check(report, "data.layers")["summary"]
    assert ("compressed and sealed" if sealed else "compressed in") in said
    assert files(base) == before


def test_a_key_that_ends_soon_and_one_that_has_ended(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A key file has no end and is never disabled: a vault's key may be either."""
    layers.key_file(bench)
    layers.make_keys(bench)
    now, described = datetime.now(UTC), KeyFile.describe
    for changed, status, said in (
        ({"expires_at": now + timedelta(days=29)}, "warn", "expires on"),
        ({"expires_at": now - timedelta(days=1)}, "fail", "expired on"),
        ({"enabled": False}, "fail", "is disabled"),
    ):
        ends = partial(replace, **changed)
        monkeypatch.setattr(KeyFile, "describe", lambda self, ends=ends: ends(described(self)))
        found = check(bench.report(int(status == "fail")), "keys.provider")
        assert found["status"] == status
        assert said in found["summary"]


def test_memory_only(bench: Bench) -> None:
    bench.storage["type"] = "inmemory"
    report = bench.report(0)
    found = statuses(report)
    assert found.pop("configuration") == "warn"
    assert set(found.values()) == {"pass"}


def test_what_killed_runs_left_goes(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    from ingenious_ops.doctor import probes

    azurite = bench.with_key()
    bench.put(azurite, f"{probes.PREFIX}of-a-run-that-was-killed", b"x")
    report = bench.report(0)
    assert len(bench.left_behind()) == 1, "it may be of a run that is under way"
    monkeypatch.setattr(probes, "ABANDONED_AFTER", timedelta(seconds=-1))
    report = bench.report(0)
    assert check(report, "data.delete")["details"] == [
        "1 left by runs that were killed are gone too"
    ]
    assert bench.left_behind() == []


def test_the_drivers_say_the_same(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    bench.with_key()
    assert "data.drivers" not in statuses(bench.report(0)), "it takes the SDK: only when asked"
    bench.options = ["--drivers"]
    found = check(bench.report(0), "data.drivers")
    assert found["status"] == "pass"
    assert re.fullmatch(r"native and sdk say the same of \d\d calls", found["summary"])
    read = AzureBlobBackend.head

    def lies(self: AzureBlobBackend, key: str) -> BlobInfo:
        return replace(read(self, key), size=7)

    monkeypatch.setattr(AzureBlobBackend, "head", lies)
    found = check(bench.report(1), "data.drivers")
    assert found["status"] == "fail"
    assert len(found["details"]) == 2, "of a blob of each"
    assert "head: native says {" in found["details"][0]
    assert "storage.azure.driver" in found["hint"]
    assert bench.left_behind() == []


def test_a_store_with_one_driver_has_nothing_to_compare(bench: Bench) -> None:
    assert bench.folder.is_dir()
    bench.options = ["--drivers"]
    assert "one driver" in check(bench.report(0), "data.drivers")["summary"]
