"""Who has rights to one container only, as in production: keys are looked at where it may read."""

from __future__ import annotations

from ingenious_storage.key_providers.key_file import KeyFile
from tests.ops.doctor.bench import Bench
from tests.ops.doctor.cases.s3 import with_s3
from tests.ops.doctor.pretend import Asked, PretendS3, Told, s3_error
from tests.ops.doctor.test_healthy import check, statuses


def encrypting(bench: Bench, store: PretendS3) -> None:
    with_s3(bench, store)
    KeyFile.create(bench.cli.folder / "vault.key")
    bench.storage["encryption"] = {"provider": "key_file", "key_file": "vault.key"}
    bench.write_profiles()


def refusing(bench: Bench, role: str, *methods: str) -> PretendS3:
    """Every request to the container of `role`, or those of `methods`, is refused."""

    def refuse(asked: Asked) -> Told | None:
        there = asked.path.split("/")[1] == bench.storage[f"container_{role}"]
        refused = there and asked.method in (methods or {asked.method})
        return s3_error(403, "AccessDenied") if refused else None

    return PretendS3(refuse=refuse)


def test_a_publisher_hears_of_the_keys_of_the_revisions(bench: Bench) -> None:
    encrypting(bench, refusing(bench, "data"))
    bench.options = ["--revisions"]
    report = bench.report(1)
    keys = check(report, "keys.revisions")
    assert (keys["status"], keys["summary"][:9]) == ("warn", "there are")
    assert "`ingenious-storage keys init --container revisions --profile cloud`" in keys["hint"]
    assert check(report, "revisions.layers")["because"] == "keys.revisions"
    bench.cli("keys", "init", "--container", "revisions", "--profile", "cloud")
    report = bench.report(1)
    found = statuses(report)
    refused = {name for name, status in found.items() if status == "fail"}
    assert {name.partition(".")[0] for name in refused} == {"data"}
    assert found["keys.container"] == "skip"
    assert found["data.layers"] == "skip"
    assert {status for name, status in found.items() if "revisions" in name} == {"pass"}
    assert "sealed in" in check(report, "revisions.layers")["summary"]
    assert all(key.startswith("keys/") for key in bench.left_behind())


def test_an_application_looks_at_the_keys_of_the_revisions_and_makes_none(bench: Bench) -> None:
    store = refusing(bench, "revisions", "PUT", "DELETE")
    encrypting(bench, store)
    found = check(bench.report(0), "keys.revisions")
    assert (found["status"], "who writes there" in found["summary"]) == ("pass", True)
    assert store.objects == {}
    bench.cli("keys", "init", "--container", "data", "--profile", "cloud")
    report = bench.report(0)
    assert check(report, "keys.revisions")["summary"] == "they are there"
    assert "revisions.layers" not in statuses(report)


def test_without_encryption_too(bench: Bench) -> None:
    store = refusing(bench, "data")
    encrypting(bench, store)
    bench.cli("keys", "init", "--container", "revisions", "--profile", "cloud")
    del bench.storage["encryption"]
    report = bench.report(1)
    assert check(report, "encryption.off")["status"] == "skip"
    found = check(report, "encryption.revisions")
    assert (found["status"], found["code"]) == ("fail", "invalid_configuration")
