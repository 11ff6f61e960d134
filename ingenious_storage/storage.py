"""`Storage`: the services on both containers of one configuration, and the one of a process."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from types import TracebackType
from typing import Any, Final, Self

from ingenious_storage.backends.base import Backend
from ingenious_storage.config import Role, Settings, StorageSettings, load_settings
from ingenious_storage.errors import ConfigurationError
from ingenious_storage.file_storage import FileStorage
from ingenious_storage.health import Health
from ingenious_storage.runtime import forks
from ingenious_storage.runtime.unpickled import Unpickled
from ingenious_storage.services.memory import MemoryManager, is_memory_key
from ingenious_storage.services.prompts import PromptLibrary, is_prompt_key
from ingenious_storage.wiring import Containers, build_backend, default_containers


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
        containers: Containers | None = None,
    ) -> None:
        self.settings = settings
        self.containers = containers or Containers(settings, backend=backend)
        self.data, self.revisions = self.containers.data, self.containers.revisions
        self.memory = MemoryManager(documents=self.containers.documents("data", owns=is_memory_key))
        self.prompts = PromptLibrary(
            documents=self.containers.documents("revisions", owns=is_prompt_key)
        )
        self.probes = self.containers.probes
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
        self.containers.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()


_default: Storage | None = None
_lock: Final = forks.new_lock()


def default_storage() -> Storage:
    """The storage that the configuration names: one in each process, also after a fork.

    It shares its containers with services that are made without an argument.
    """
    global _default  # noqa: PLW0603  # one for each process
    containers = default_containers()
    with _lock:
        if _default is None or _default.containers is not containers:
            _default = Storage(containers.settings, containers=containers)
        return _default


def get_file_storage(container: Role = "data") -> FileStorage:
    """One container of `default_storage()`, by its role. Raises: ConfigurationError."""
    if container not in ("data", "revisions"):
        raise ConfigurationError(
            f"no container {container!r}", hint='The containers are "data" and "revisions".'
        )
    return default_storage().data if container == "data" else default_storage().revisions
