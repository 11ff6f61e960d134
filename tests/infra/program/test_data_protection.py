"""Data protection that a stack may opt into: restore, immutability, shared keys."""

from __future__ import annotations

import pytest

from tests.infra.conftest import Recorder


@pytest.mark.parametrize(
    ("environment", "days", "change_feed_days"), [("dev", 6, 30), ("prod", 29, 30)]
)
def test_restore_brings_versions_and_change_feed(
    record: Recorder, environment: str, days: int, change_feed_days: int
) -> None:
    recording = record(environment, point_in_time_restore_days=days)
    service = recording.one("storage:BlobServiceProperties").inputs
    assert service["restorePolicy"] == {"enabled": True, "days": days}
    assert service["isVersioningEnabled"] is True
    assert service["changeFeed"] == {"enabled": True, "retentionInDays": change_feed_days}
    assert service["deleteRetentionPolicy"]["days"] > days


def test_the_change_feed_reaches_as_far_back_as_restore(record: Recorder) -> None:
    recording = record("test", blob_retention_days=100, point_in_time_restore_days=90)
    service = recording.one("storage:BlobServiceProperties").inputs
    assert service["changeFeed"]["retentionInDays"] == 90


def test_immutable_versions_stay_unlocked(record: Recorder) -> None:
    recording = record("prod", version_immutability=True, version_immutability_days=60)
    for container in recording.all("storage:BlobContainer"):
        assert container.inputs["immutableStorageWithVersioning"] == {"enabled": True}
    policies = recording.all("storage:BlobContainerImmutabilityPolicy")
    assert {policy.inputs["containerName"] for policy in policies} == {
        "ingenious-data",
        "ingenious-revisions",
    }
    for policy in policies:
        assert policy.inputs["immutabilityPeriodSinceCreationInDays"] == 60
        assert policy.inputs["immutabilityPolicyName"] == "default"
        # Azure makes a policy unlocked; locking it is a call of its own, which no program makes.
        assert "state" not in policy.inputs


def test_shared_keys_are_an_opt_in_of_the_stack(record: Recorder) -> None:
    recording = record("dev", shared_key_access=True, connection_string_profile=True)
    assert recording.named("account").inputs["allowSharedKeyAccess"] is True
    assert recording.outputs["shared_key_access"] is True
