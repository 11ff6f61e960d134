"""Stores: the table of those that this library has, and the way to those of other distributions.

A distribution brings a store as a `Store` behind an entry point of the group
`ingenious_storage.stores`, whose name is its `storage.type` and its section.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, get_args

from ingenious_storage.backends.base import Backend
from ingenious_storage.config import StorageSettings, StoreSettings
from ingenious_storage.config.azure.settings import AzureSettings, Driver
from ingenious_storage.config.buckets.gcs import GcsSettings
from ingenious_storage.config.buckets.s3 import S3Settings
from ingenious_storage.config.stores.local import InMemorySettings, LocalSettings
from ingenious_storage.config.stores.offered import load_store, misfit
from ingenious_storage.config.stores.sharded import ShardedSettings
from ingenious_storage.errors import ConfigurationError
from ingenious_storage.runtime.parallel import WORKERS

if TYPE_CHECKING:
    from ingenious_storage.backends.account import AccountHandle
    from ingenious_storage.backends.sharded.backend import ShardedBackend


@dataclass(frozen=True, slots=True)
class StoreCheck:
    """A question of `doctor` that only this store knows to ask.

    Attributes:
        name: stable, one word; `doctor --json` calls it `store.NAME`.
        title: what it asks for, in a word or two.
        run: gives what it found in one line, without secrets; raises a StorageError, whose hint
            says what to do.
    """

    name: str
    title: str
    run: Callable[[StorageSettings], str]


@dataclass(frozen=True, slots=True)
class Store:
    """One kind of store. What a container of it is, its `Backend` says itself.

    Attributes:
        settings: the model of its section, `storage.NAME:`.
        open: makes the backend of a container by its name, without I/O.
        open_account: opens the account, without I/O, where there is one for `doctor` to look at:
            network, TLS, service, credential.
        checks: what `doctor` asks besides what it asks every store.
        drivers: values of the section's key `driver`, for a store that has more than one way to
            its service. They keep the same in the same way; `doctor --drivers` compares them.
        readers: reading calls at once where `storage.workers` says nothing: one where a read does
            not wait for a network, as Python's threads then only wait for each other.
    """

    settings: type[StoreSettings]
    open: Callable[[StorageSettings, str], Backend]
    open_account: Callable[[StorageSettings], AccountHandle] | None = None
    checks: tuple[StoreCheck, ...] = ()
    drivers: tuple[str, ...] = ()
    readers: int = WORKERS


# Each imports its store when that is chosen: an SDK takes a second.


def _local(settings: StorageSettings, container: str) -> Backend:
    from ingenious_storage.backends.local.backend import LocalBackend  # noqa: PLC0415

    return LocalBackend(settings.local.base_path / container, timeout=settings.timeout)


def _azure(settings: StorageSettings, container: str) -> Backend:
    if settings.azure.driver == "sdk":
        from ingenious_storage.backends.azure.sdk.backend import (  # noqa: PLC0415
            SdkAzureBlobBackend,
        )

        return SdkAzureBlobBackend(settings.azure_account(), container)
    from ingenious_storage.backends.azure.native.backend import AzureBlobBackend  # noqa: PLC0415

    return AzureBlobBackend(settings.azure_account(), container)


def _azure_account(settings: StorageSettings) -> AccountHandle:
    if settings.azure.driver == "sdk":
        from ingenious_storage.backends.azure.sdk.account import AzureAccountHandle  # noqa: PLC0415

        return AzureAccountHandle(settings.azure_account())
    from ingenious_storage.backends.azure.native.handle import NativeAccountHandle  # noqa: PLC0415

    return NativeAccountHandle(settings.azure_account())


def _s3(settings: StorageSettings, container: str) -> Backend:
    from ingenious_storage.backends.s3.backend import S3Backend  # noqa: PLC0415

    return S3Backend(settings.s3_account(), container)


def _s3_deletes(settings: StorageSettings) -> str:
    from ingenious_storage.backends.s3.checks import deletes  # noqa: PLC0415

    return deletes(settings)


def _s3_service(settings: StorageSettings) -> AccountHandle:
    from ingenious_storage.backends.s3.account import S3AccountHandle  # noqa: PLC0415

    return S3AccountHandle(settings.s3_account(), settings.container_data)


def _gcs(settings: StorageSettings, container: str) -> Backend:
    from ingenious_storage.backends.gcs.backend import GcsBackend  # noqa: PLC0415

    return GcsBackend(settings.gcs_account(), container)


def _gcs_service(settings: StorageSettings) -> AccountHandle:
    from ingenious_storage.backends.gcs.account import GcsAccountHandle  # noqa: PLC0415

    return GcsAccountHandle(settings.gcs_account(), settings.container_data)


def _inmemory(_settings: StorageSettings, _container: str) -> Backend:
    from ingenious_storage.backends.inmemory import InMemoryBackend  # noqa: PLC0415

    return InMemoryBackend(create=False)


def _sharded(settings: StorageSettings, container: str) -> ShardedBackend:
    from ingenious_storage.backends.sharded.backend import ShardedBackend  # noqa: PLC0415

    shards = {
        name: find_store(each.type).open(each, container)
        for name, each in settings.shards().items()
    }
    return ShardedBackend(shards)


def _shards(settings: StorageSettings) -> str:
    from ingenious_storage.backends.sharded.checks import shards  # noqa: PLC0415

    return shards(_sharded(settings, settings.container_data))


STORES: Final[Mapping[str, Store]] = {
    "local": Store(LocalSettings, _local, readers=1),
    "azure_blob": Store(AzureSettings, _azure, _azure_account, drivers=get_args(Driver)),
    "s3": Store(S3Settings, _s3, _s3_service, (StoreCheck("deletes", "deletes", _s3_deletes),)),
    "gcs": Store(GcsSettings, _gcs, _gcs_service),
    "inmemory": Store(InMemorySettings, _inmemory, readers=1),
    "sharded": Store(ShardedSettings, _sharded, checks=(StoreCheck("shards", "shards", _shards),)),
}


def find_store(name: str) -> Store:
    """The store that `storage.type` calls `name`; other distributions are asked last.

    Raises: ConfigurationError when there is none, or when what a distribution brings is damaged.
    """
    store = STORES.get(name) or load_store(name)
    if store is None:
        raise ConfigurationError(
            f"there is no store {name}", hint=f"Of this library: {', '.join(STORES)}."
        )
    if not isinstance(store, Store):
        raise misfit(name, "is no ingenious_storage.backends.registry.Store")
    return store
