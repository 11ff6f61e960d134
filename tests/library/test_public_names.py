"""What people may import. A name that is missing here is private; a change here is for SemVer."""

from __future__ import annotations

import inspect
import subprocess
import sys

import pytest

import ingenious_storage
from ingenious_storage import aio, errors
from ingenious_storage.services import memory, prompts

PUBLIC = {
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
    "IndexMissingError",
    "IdempotencyKeyReusedError",
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
    "PublishRefusedError",
    "PruneEntry",
    "PrunePolicy",
    "PruneReport",
    "PruneSummary",
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
}


def test_the_public_names() -> None:
    assert set(ingenious_storage.__all__) == PUBLIC
    assert len(ingenious_storage.__all__) == len(PUBLIC)
    for name in PUBLIC:
        assert getattr(ingenious_storage, name).__name__ == name
    assert set(dir(ingenious_storage)) >= PUBLIC


def test_every_error_is_public() -> None:
    kinds = {
        name
        for name, value in vars(errors).items()
        if inspect.isclass(value) and issubclass(value, errors.StorageError)
    }
    assert kinds <= PUBLIC


def test_other_names_are_refused() -> None:
    with pytest.raises(AttributeError, match="nothing_like_this"):
        ingenious_storage.nothing_like_this  # noqa: B018


@pytest.mark.parametrize(
    ("sync", "twin"),
    [
        (memory.MemoryManager, aio.AsyncMemoryManager),
        (prompts.PromptLibrary, aio.AsyncPromptLibrary),
    ],
)
def test_the_async_twins_are_complete(sync: type, twin: type) -> None:
    def public(kind: type) -> set[str]:
        return {name for name in dir(kind) if not name.startswith("_")}

    assert public(sync) == public(twin)
    both = {"list_conversations", "list_sets"}  # awaited, or gone through by `async for`
    assert all(inspect.iscoroutinefunction(getattr(twin, name)) for name in public(twin) - both)
    for name in public(sync) - both:
        assert inspect.signature(getattr(twin, name)) == inspect.signature(getattr(sync, name))


def loaded(code: str) -> set[str]:
    """Names of the modules that a fresh interpreter has loaded after `code`."""
    script = f"{code}\nimport sys; print(*sys.modules)"
    done = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, check=True
    )
    return set(done.stdout.split())


def test_importing_the_package_loads_no_cloud_sdk_and_no_third_party_module() -> None:
    modules = loaded("import ingenious_storage, ingenious_storage.errors")
    heavy = {"azure", "requests", "pydantic", "yaml", "opentelemetry", "orjson", "zstandard"}
    assert not heavy & {name.partition(".")[0] for name in modules}


def test_a_local_storage_loads_no_cloud_sdk() -> None:
    code = "from ingenious_storage import Storage; Storage.from_config(overrides={'storage.type':"
    modules = loaded(code + " 'local'}).memory")
    assert "ingenious_storage.backends.local.backend" in modules
    assert not {"azure", "requests", "ingenious_storage.backends.azure.native.backend"} & modules
    assert "ingenious_storage.catalogue" not in modules
