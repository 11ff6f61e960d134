"""Azurite takes blocks that were never committed for a blob, and only a create notices."""

from __future__ import annotations

import pytest
from azure.storage.blob import ContainerClient

from ingenious_storage.backends.azure.error_codes import rule_for
from ingenious_storage.backends.base import IfAbsent, PutOptions
from ingenious_storage.config import load_settings
from ingenious_storage.errors import AlreadyExistsError, NotFoundError, UnavailableError
from tests.support.azure import Driver
from tests.support.servers.azurite import Azurite


def test_a_create_that_meets_a_dead_upload_says_what_to_do(
    driver: Driver, azurite: Azurite, container_name: str
) -> None:
    given = {"storage.type": "azure_blob", "storage.connection_string": azurite.connection_string}
    account = load_settings(overrides=given, environ={}).storage.azure_account()
    backend = driver(account, container_name)
    backend.ensure_container()
    with ContainerClient.from_connection_string(azurite.connection_string, container_name) as sdk:
        sdk.get_blob_client("a").stage_block("one", b"cut short")
    with pytest.raises(NotFoundError):
        backend.head("a")
    with pytest.raises(AlreadyExistsError) as caught:
        backend.put("a", b"whole", PutOptions(condition=IfAbsent()))
    assert "an upload that never ended has left blocks" in caught.value.hint
    backend.put("a", b"whole")  # what the hint says
    backend.delete("a")
    backend.put("a", b"again", PutOptions(condition=IfAbsent()))
    backend.close()


def test_a_full_emulator_says_what_to_do() -> None:
    rule = rule_for(409, "MemoryExtentStoreAtSizeLimit")
    assert (rule.kind, rule.retryable, rule.outcome_unknown) == (UnavailableError, False, False)
    assert "--extentMemoryLimit" in str(rule.hint)
