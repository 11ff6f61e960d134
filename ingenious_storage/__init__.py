"""Versioned memory and prompts for AI agents, on a plain folder and in three clouds.

Importing this package loads no cloud SDK; a backend loads its own when it is chosen.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from ingenious_storage.aio import AsyncMemoryManager, AsyncPromptLibrary
    from ingenious_storage.documents import PruneReport, PurgeReceipt, Revision, RevisionId, once
    from ingenious_storage.errors import (
        AlreadyExistsError,
        AuthenticationError,
        CatalogueUnsupportedError,
        CatalogueUnusableError,
        CommitUnknownError,
        ConfigurationError,
        ConflictError,
        ContainerNotFoundError,
        CorruptObjectError,
        IdempotencyKeyReusedError,
        IndexMissingError,
        InvalidDataError,
        InvalidKeyError,
        KeyDestroyedError,
        KeyRefusedError,
        KeyUnavailableError,
        MemoryNotFoundError,
        NotEncryptedError,
        NotFoundError,
        NotModifiedError,
        ObjectTooLargeError,
        OperationTimeoutError,
        PermissionDeniedError,
        PlainIndexRefusedError,
        PreconditionsIgnoredError,
        PromptNotFoundError,
        PublishRefusedError,
        RevisionNotFoundError,
        RevisionPrunedError,
        StorageError,
        ThrottledError,
        UnavailableError,
        UnsupportedFormatError,
    )
    from ingenious_storage.file_storage import FileStorage
    from ingenious_storage.health import ComponentHealth, Health, HealthReport
    from ingenious_storage.runtime.deadlines import deadline
    from ingenious_storage.services.labels import Label
    from ingenious_storage.services.memory import MemoryManager, Snapshot
    from ingenious_storage.services.prompts import PromptLibrary
    from ingenious_storage.services.pruning import PruneEntry, PrunePolicy, PruneSummary
    from ingenious_storage.storage import Storage, default_storage, get_file_storage

_HOMES: Final = (
    "errors",
    "runtime.deadlines",
    "file_storage",
    "health",
    "documents",
    "services.memory",
    "services.prompts",
    "services.pruning",
    "storage",
    "aio",
)
"""Modules that hold the public names, cheapest import first."""

__all__ = [
    "AlreadyExistsError",
    "AsyncMemoryManager",
    "AsyncPromptLibrary",
    "AuthenticationError",
    "CatalogueUnsupportedError",
    "CatalogueUnusableError",
    "CommitUnknownError",
    "ComponentHealth",
    "ConfigurationError",
    "ConflictError",
    "ContainerNotFoundError",
    "CorruptObjectError",
    "FileStorage",
    "Health",
    "HealthReport",
    "IdempotencyKeyReusedError",
    "IndexMissingError",
    "InvalidDataError",
    "InvalidKeyError",
    "KeyDestroyedError",
    "KeyRefusedError",
    "KeyUnavailableError",
    "Label",
    "MemoryManager",
    "MemoryNotFoundError",
    "NotEncryptedError",
    "NotFoundError",
    "NotModifiedError",
    "ObjectTooLargeError",
    "OperationTimeoutError",
    "PermissionDeniedError",
    "PlainIndexRefusedError",
    "PreconditionsIgnoredError",
    "PromptLibrary",
    "PromptNotFoundError",
    "PruneEntry",
    "PrunePolicy",
    "PruneReport",
    "PruneSummary",
    "PublishRefusedError",
    "PurgeReceipt",
    "Revision",
    "RevisionId",
    "RevisionNotFoundError",
    "RevisionPrunedError",
    "Snapshot",
    "Storage",
    "StorageError",
    "ThrottledError",
    "UnavailableError",
    "UnsupportedFormatError",
    "deadline",
    "default_storage",
    "get_file_storage",
    "once",
]


def __getattr__(name: str) -> Any:
    if name in __all__:
        for home in _HOMES:
            value = getattr(importlib.import_module(f"{__name__}.{home}"), name, None)
            if value is not None:
                globals()[name] = value  # so that this is asked once
                return value
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def __dir__() -> list[str]:
    return [*globals(), *__all__]
