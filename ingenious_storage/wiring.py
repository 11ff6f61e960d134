"""The one place that decides which backend and which layers, in which order."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import timedelta
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Any, Final, Literal, Self

from ingenious_storage import forks
from ingenious_storage.backends.base import Backend
from ingenious_storage.config import Settings, StorageSettings, load_settings
from ingenious_storage.documents import DocumentStore
from ingenious_storage.errors import ConfigurationError
from ingenious_storage.file_storage import FileStorage
from ingenious_storage.health import Health
from ingenious_storage.layers.instrument import InstrumentLayer
from ingenious_storage.layers.retry import RetryLayer, RetryPolicy
from ingenious_storage.memory import MemoryManager, is_memory_key
from ingenious_storage.prompts import PromptLibrary, is_prompt_key
from ingenious_storage.unpickled import Unpickled

if TYPE_CHECKING:
    from ingenious_storage.backends.azure_account import AzureAccountHandle

Role = Literal["data", "revisions"]


def build_backend(settings: StorageSettings, container: str) -> Backend:
    """The bare store of one container. Cloud SDKs are imported only here, when one is chosen."""
    match settings.type:
        case "local":
            from ingenious_storage.backends.local import LocalBackend  # noqa: PLC0415

            return LocalBackend(settings.base_path / container, timeout=settings.timeout)
        case "inmemory":
            from ingenious_storage.backends.inmemory import InMemoryBackend  # noqa: PLC0415

            return InMemoryBackend(create=False)
        case "azure_blob":
            from ingenious_storage.backends.azure_blob import AzureBlobBackend  # noqa: PLC0415

            return AzureBlobBackend(settings.azure_account(), container)


def open_azure_account(settings: StorageSettings) -> AzureAccountHandle:
    """The account behind the containers, for who examines it. Raises: ConfigurationError."""
    from ingenious_storage.backends.azure_account import AzureAccountHandle  # noqa: PLC0415

    return AzureAccountHandle(settings.azure_account())


def build_stack(settings: StorageSettings, backend: Backend, *, role: Role) -> Backend:
    """The layers around a store, outermost first: retry, instrument."""
    retry = settings.retry
    policy = RetryPolicy(retry.attempts, retry.deadline, retry.base, retry.cap)
    return RetryLayer(InstrumentLayer(backend, container=role), policy)


class Storage(Unpickled):
    """Both containers and the services on them, as one configuration describes.

    Making one does no I/O. A context manager; leaving it closes the clients. Thread-safe.

    Attributes:
        settings: the configuration it was made of.
        data: the container of memories and of the application's own files.
        revisions: the container of prompt sets and labels.
        memory: the memories in `data`.
        prompts: the prompt sets in `revisions`.
        probes: each container by its role, without retries; `Health(storage, interval=5)` reads it.
        health: whether the containers answer; its thread is not running until you start it.
    """

    def __init__(
        self,
        settings: Settings,
        *,
        backend: Callable[[StorageSettings, str], Backend] = build_backend,
    ) -> None:
        self.settings = settings
        self._build, self._backends = backend, dict[str, Backend]()
        self.data = self._files(settings.storage.container_data, "data")
        self.revisions = self._files(settings.storage.container_revisions, "revisions")
        self.memory = MemoryManager(documents=self._documents(self.data, is_memory_key))
        self.prompts = PromptLibrary(documents=self._documents(self.revisions, is_prompt_key))
        self.probes = {
            "data": self._probe(settings.storage.container_data, "data"),
            "revisions": self._probe(settings.storage.container_revisions, "revisions"),
        }
        self.health = Health(self)

    @classmethod
    def from_config(
        cls,
        profile: str | None = None,
        *,
        config_path: Path | str | None = None,
        profiles_path: Path | str | None = None,
        overrides: Mapping[str, Any] | None = None,
    ) -> Self:
        """From the files and variables of docs/configuration.md. Raises: ConfigurationError."""
        return cls(
            load_settings(
                profile,
                config_path=config_path,
                profiles_path=profiles_path,
                overrides=overrides,
            )
        )

    def close(self) -> None:
        """Stop `health` and give the clients back; more than once is fine."""
        self.health.stop()
        for backend in self._backends.values():
            backend.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def _files(self, container: str, role: Role) -> FileStorage:
        backend = self._backend(container)
        return FileStorage(
            build_stack(self.settings.storage, backend, role=role),
            auto_create=self.settings.storage.auto_create_containers,
            open_container=self._backend,
            role=role,
        )

    def _probe(self, container: str, role: Role) -> FileStorage:
        """A check must end soon: it says what one request met."""
        backend = InstrumentLayer(self._backend(container), container=role)
        return FileStorage(backend, auto_create=self.settings.storage.auto_create_containers)

    def _backend(self, container: str) -> Backend:
        if container not in self._backends:
            self._backends[container] = self._build(self.settings.storage, container)
        return self._backends[container]

    def _documents(self, files: FileStorage, owns: Callable[[str], bool]) -> DocumentStore:
        settings = self.settings.storage
        days = settings.retention_days
        return DocumentStore(
            files,
            max_document_bytes=settings.max_document_bytes,
            workers=settings.workers,
            retention=None if days is None else timedelta(days=days),
            owns=owns,
        )


_default: Storage | None = None
_lock: Final = forks.new_lock()


def default_storage() -> Storage:
    """The storage that the configuration names: one in each process, also after a fork."""
    global _default  # noqa: PLW0603  # one for each process
    with _lock:
        if _default is None:
            _default = Storage.from_config()
        return _default


def get_file_storage(container: Role = "data") -> FileStorage:
    """One container of `default_storage()`, by its role. Raises: ConfigurationError."""
    if container not in ("data", "revisions"):
        raise ConfigurationError(
            f"no container {container!r}", hint='The containers are "data" and "revisions".'
        )
    return default_storage().data if container == "data" else default_storage().revisions


def _forget() -> None:
    global _default  # noqa: PLW0603  # one for each process
    _default = None


forks.in_child(_forget)
