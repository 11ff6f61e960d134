"""A round trip as an application makes it: the profile that `infra profile` wrote, no secret."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator, Mapping
from uuid import uuid4

import pytest

from ingenious_storage.errors import PermissionDeniedError, UnavailableError
from ingenious_storage.storage import Storage
from tests.support.real_accounts import PATIENCE, PROFILE, PROFILES, given, signed_in, skip_without

skip_without(PROFILES, PROFILE)

_PAUSE = 15.0


@pytest.fixture
def storage(machine: Mapping[str, str]) -> Iterator[Storage]:
    profiles, profile = given(PROFILES, PROFILE)
    with signed_in(machine), Storage.from_config(profile, profiles_path=profiles) as storage:
        _wait_until_admitted(storage, float(os.environ.get(PATIENCE, "0")))
        yield storage


def _wait_until_admitted(storage: Storage, patience: float) -> None:
    """Wait up to `patience` s: Azure says that a new role takes up to 30 minutes to arrive."""
    deadline = time.monotonic() + patience
    probe = f"health/{uuid4().hex}"
    while True:
        try:
            for files in (storage.data, storage.revisions):
                files.save_text(probe, "ok")
                files.delete(probe)
        except (PermissionDeniedError, UnavailableError):
            if time.monotonic() + _PAUSE > deadline:
                raise
            time.sleep(_PAUSE)
        else:
            return


@pytest.mark.timeout(3600)
def test_memory_and_prompts_come_back(storage: Storage) -> None:
    name = f"health-{uuid4().hex[:12]}"
    try:
        storage.memory.save_memory(name, {"messages": []})
        storage.memory.append_messages(name, [{"role": "user", "content": "hello"}])
        assert storage.memory.load_memory(name) == {
            "messages": [{"role": "user", "content": "hello"}]
        }
        assert [revision.number for revision in storage.memory.history(name)] == [2, 1]
        storage.prompts.create_set(name)
        storage.prompts.commit(name, {"system.md": "Be kind."})
        assert storage.prompts.get(name, "system.md") == "Be kind."
    finally:
        _erase(storage, name)


def _erase(storage: Storage, name: str) -> None:
    storage.memory.purge_memory(name)
    for files in (storage.data, storage.revisions):
        for key in [key for key in files.list_keys() if name in key]:
            files.delete(key)
