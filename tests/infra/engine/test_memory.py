"""Memory on what was provisioned, with the profile that its outputs give."""

from __future__ import annotations

from pathlib import Path

import pytest

from ingenious_storage import Storage
from ingenious_storage.errors import ContainerNotFoundError
from tests.infra.engine.conftest import REAL, NewStack
from tests.support.pulumi import LocalCloud

pytestmark = REAL


@pytest.mark.parametrize("environment", ["dev", "prod"])
def test_memory_is_saved_and_loaded_on_what_was_provisioned(
    environment: str,
    cloud: LocalCloud,
    new_stack: NewStack,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    stack = new_stack(environment)
    stack.up()
    profiles = stack.write_profile(environment, tmp_path)
    # Azurite speaks plain http here, where the library refuses to send a token.
    monkeypatch.setenv("AZURE_STORAGE_ACCOUNT_KEY", cloud.azurite.account_key)

    with Storage.from_config(environment, profiles_path=profiles) as storage:
        storage.memory.save_memory("c1", {"messages": ["hello"]})
        storage.memory.append_messages("c1", ["again"])
        storage.prompts.create_set("quickstart-1")

    with Storage.from_config(environment, profiles_path=profiles) as storage:
        assert storage.memory.load_memory("c1") == {"messages": ["hello", "again"]}
        assert [revision.number for revision in storage.memory.history("c1")] == [2, 1]
        assert storage.settings.storage.account_name == stack.account
        assert not storage.settings.storage.auto_create_containers
    with cloud.blob_client(stack.account) as client:
        blobs = list(client.get_container_client("ingenious-data").list_blob_names())
        assert blobs == ["conversations/c1/memory.json"]


def test_containers_that_were_destroyed_are_not_made_again(
    cloud: LocalCloud, new_stack: NewStack, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    stack = new_stack("dev")
    stack.up()
    profiles = stack.write_profile("dev", tmp_path)
    monkeypatch.setenv("AZURE_STORAGE_ACCOUNT_KEY", cloud.azurite.account_key)
    stack.destroy()

    with (
        Storage.from_config("dev", profiles_path=profiles) as storage,
        pytest.raises(ContainerNotFoundError),
    ):
        storage.memory.save_memory("c1", {})
    assert cloud.containers(stack.account) == set()
