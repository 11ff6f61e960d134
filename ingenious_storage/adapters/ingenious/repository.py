"""Repository: what the framework's `FileStorage` makes for the storage type `ingenious_storage`.

One is made for each request, and each call may come on another thread with an event loop of its
own. So a repository holds nothing but its configuration; the process has one storage.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any, TypeVar

from ingenious_storage.adapters.ingenious.access import Access
from ingenious_storage.adapters.ingenious.files import FrameworkFiles
from ingenious_storage.adapters.ingenious.joining import join
from ingenious_storage.storage import Storage

R = TypeVar("R")


class ingenious_storage_FileStorageRepository(Access):  # noqa: N801  # the framework makes this name
    """Seven coroutine methods of the framework, as its `IFileStorage` has them.

    Making one does no I/O, reads no configuration and raises nothing: a release of the framework
    that is to come takes any error there for a reason to write to a local folder. The storage is
    the one that the configuration of this library names, opened by the first call.

    Each method raises InvalidKeyError for a path that leads out of the tree or is reserved,
    ConfigurationError, and the errors of the store. A read that is cancelled is cut off; a write or
    delete ends, soon, and the CancelledError has a note that says whether the change was made.
    """

    def __init__(self, config: Any, fs_config: Any) -> None:
        self.config, self.fs_config = config, fs_config
        join()

    async def write_file(self, contents: str, file_name: str, file_path: str) -> str:
        """Write a file; its path."""
        await self._change(lambda files: files.write(file_path, file_name, contents))
        return f"{file_path}/{file_name}"

    async def read_file(self, file_name: str, file_path: str) -> str:
        """The text of a file, "" when it is missing, as the framework's local backend has it."""
        return await self._call(lambda files: files.read(file_path, file_name)) or ""

    async def delete_file(self, file_name: str, file_path: str) -> str:
        """Delete a file, which may be missing; its path."""
        await self._change(lambda files: files.delete(file_path, file_name))
        return f"{file_path}/{file_name}"

    async def list_files(self, file_path: str) -> str:
        """The names of the files directly in a folder, sorted, a line each."""
        return "\n".join(await self._call(lambda files: files.files(file_path)))

    async def list_directories(self, file_path: str) -> list[str]:
        """The names of the folders directly in a folder, sorted."""
        return await self._call(lambda files: files.folders(file_path))

    async def check_if_file_exists(self, file_path: str, file_name: str) -> bool:
        """Whether there is such a file. The order of the arguments is the framework's."""
        return await self._call(lambda files: files.exists(file_path, file_name))

    async def get_base_path(self) -> str:
        """The `path` of the configuration, which means nothing here."""
        return str(self.fs_config.path)

    async def _call(self, call: Callable[[FrameworkFiles], R]) -> R:
        return await self.with_storage(partial(self._with_files, call))

    async def _change(self, call: Callable[[FrameworkFiles], None]) -> None:
        await self.with_storage(partial(self._with_files, call), changes=True)

    def _with_files(self, call: Callable[[FrameworkFiles], R], storage: Storage) -> R:
        # By identity: both categories may be configured alike.
        is_data = self.fs_config is self.config.file_storage.data
        return call(FrameworkFiles(storage, "data" if is_data else "revisions"))
