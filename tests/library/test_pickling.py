"""No pickle holds a secret: what holds one, or this process's connections, refuses."""

from __future__ import annotations

import copy
import pickle
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from ingenious_storage import AsyncMemoryManager, AsyncPromptLibrary, Storage
from ingenious_storage.backends.account import Route
from ingenious_storage.backends.azure.credentials import SharedToken, identity_of
from ingenious_storage.backends.azure.native.account import ACCOUNTS, NativeAccount
from ingenious_storage.backends.azure.native.backend import AzureBlobBackend
from ingenious_storage.backends.azure.sdk.backend import SdkAzureBlobBackend
from ingenious_storage.backends.azure.sdk.clients import AccountClient, ContainerHandle
from ingenious_storage.backends.registry import STORES
from ingenious_storage.backends.sharded.backend import ShardedBackend
from ingenious_storage.config import (
    Settings,
    StorageSettings,
    load_settings,
    parse_connection_string,
)
from ingenious_storage.wiring import build_backend
from tests.library.config.refusals import CANARY, KEY, STRING
from tests.support.credentials import FakeCredential


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    given = {
        "storage.type": "azure_blob",
        "storage.connection_string": STRING,
        "telemetry.headers": f"authorization={CANARY}",
    }
    return load_settings(overrides=given, environ={}, cwd=tmp_path)


HOLDERS: dict[str, Callable[[Settings, Storage], Any]] = {
    "Settings": lambda settings, _: settings,
    "StorageSettings": lambda settings, _: settings.storage,
    "TelemetrySettings": lambda settings, _: settings.telemetry,
    "AzureAccount": lambda settings, _: settings.storage.azure_account(),
    "ConnectionString": lambda *_: parse_connection_string(STRING),
    "Identity": lambda settings, _: identity_of(settings.storage.azure_account()),
    "Route": lambda *_: Route(f"http://user:{CANARY}@proxy:3128", "ca"),
    "AzureBlobBackend": lambda settings, _: AzureBlobBackend(settings.storage.azure_account(), "x"),
    "SdkAzureBlobBackend": lambda settings, _: SdkAzureBlobBackend(
        settings.storage.azure_account(), "x"
    ),
    "ShardedBackend": lambda settings, _: ShardedBackend(
        {"a": build_backend(settings.storage, "x")}
    ),
    "ShardedSettings": lambda *_: (
        StorageSettings(
            sharded={
                "shards": {"a": {"type": "azure_blob", "azure": {"connection_string": STRING}}}
            }
        ).sharded
    ),
    "Share": lambda settings, _: build_backend(settings.storage, "x")._container._share,  # type: ignore[attr-defined]
    "ContainerHandle": lambda settings, _: ContainerHandle(
        settings.storage.azure_account(), "x", None
    ),
    "Container": lambda settings, _: build_backend(settings.storage, "x")._container,  # type: ignore[attr-defined]
    "Shared": lambda *_: ACCOUNTS,
    "NativeAccount": lambda settings, _: NativeAccount((settings.storage.azure_account(), None)),
    "AccountClient": lambda settings, _: AccountClient((settings.storage.azure_account(), None)),
    "AzureAccountHandle": lambda settings, _: STORES["azure_blob"].open_account(  # type: ignore[misc]
        settings.storage
    ),
    "SharedToken": lambda *_: SharedToken(FakeCredential()),
    "Storage": lambda _, storage: storage,
    "FileStorage": lambda _, storage: storage.data,
    "a layer": lambda _, storage: storage.data.backend,
    "DocumentStore": lambda _, storage: storage.memory.documents,
    "MemoryManager": lambda _, storage: storage.memory,
    "PromptLibrary": lambda _, storage: storage.prompts,
    "AsyncMemoryManager": lambda _, storage: AsyncMemoryManager(storage.memory),
    "AsyncPromptLibrary": lambda _, storage: AsyncPromptLibrary(storage.prompts),
    "Health": lambda _, storage: storage.health,
    "inside something else": lambda settings, _: [{"a": (settings.storage,)}],
}


@pytest.mark.parametrize("name", HOLDERS)
@pytest.mark.parametrize("protocol", range(pickle.HIGHEST_PROTOCOL + 1))
def test_it_refuses_and_says_what_to_do(settings: Settings, name: str, protocol: int) -> None:
    with Storage(settings) as storage:
        held = HOLDERS[name](settings, storage)
        with pytest.raises(TypeError, match=r"cannot be pickled.*Load the configuration") as caught:
            pickle.dumps(held, protocol)
        assert KEY not in str(caught.value)


def test_a_local_one_refuses_alike(tmp_path: Path) -> None:
    """What works on a laptop must not fail in production only."""
    settings = load_settings(environ={}, cwd=tmp_path)
    with Storage(settings) as storage:
        for held in (settings, settings.storage, storage.memory, storage.data.backend):
            with pytest.raises(TypeError, match="cannot be pickled"):
                pickle.dumps(held)


def test_values_can_be_copied_within_the_process(settings: Settings) -> None:
    for value in (settings, settings.storage, settings.storage.azure_account()):
        assert copy.copy(value) == value
        assert copy.deepcopy(value) == value
    assert settings.storage.model_copy(update={"workers": 3}).workers == 3
