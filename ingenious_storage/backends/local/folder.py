"""Directories, and what can be done in them without ever following a link."""
# ruff: noqa: PTH102, PTH116, PTH118, PTH120  (pathlib cannot take a descriptor)

from __future__ import annotations

import errno
import os
import stat
import sys
import time
from collections.abc import Callable, Iterable
from contextlib import suppress
from types import TracebackType
from typing import Final, NoReturn, Self, TypeVar

_T = TypeVar("_T")
_COMMON: Final = getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_BINARY", 0)
# Without O_NONBLOCK a planted FIFO would hang its reader.
_READ: Final = os.O_RDONLY | _COMMON | getattr(os, "O_NONBLOCK", 0)
_CREATE: Final = os.O_RDWR | os.O_CREAT | _COMMON
_FOLDER: Final = os.O_RDONLY | getattr(os, "O_DIRECTORY", 0)
_REPARSE_POINT: Final = 0x400  # Windows: links, junctions, mount points
_CLOSED: Final = -1  # never None: its name alone would then be taken for a path
_BUSY_SECONDS: Final = 2.0
_BUSY_WAIT: Final = 0.005

HAS_DIR_FD = os.open in os.supports_dir_fd and os.scandir in os.supports_fd
_WINDOWS: Final = os.name == "nt"


class Folder:
    """A directory, held by a descriptor where the system can: nobody can swap it for a link.

    Elsewhere (Windows) it is a path, and every name is checked before use. Methods raise OSError;
    a link where a file or folder should be is ELOOP.
    """

    __slots__ = ("_fd", "_path")

    def __init__(self, path: str, fd: int | None = None) -> None:
        self._path = path
        self._fd = fd

    @classmethod
    def root(cls, path: str) -> Folder:
        """The one folder whose own path may hold links: they are the user's choice."""
        if HAS_DIR_FD:
            return cls(path, os.open(path, _FOLDER))
        _require_folder(os.stat(path), path)
        return cls(path)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None = None,
        error: BaseException | None = None,
        trace: TracebackType | None = None,
    ) -> None:
        if self._fd is not None and self._fd != _CLOSED:
            fd, self._fd = self._fd, _CLOSED
            with suppress(OSError):  # nothing was written through it
                os.close(fd)

    def child(self, name: str) -> Folder:
        """Open a folder in this one. Raises: OSError, with ELOOP for a link."""
        if self._fd is None:
            _require_folder(self.stat(name), name)
            return Folder(self._at(name))
        try:
            return Folder(name, os.open(name, _FOLDER | _COMMON, dir_fd=self._fd))
        except NotADirectoryError:
            self.stat(name)  # says so when it is a link
            raise

    def descend(self, names: Iterable[str], *, create: bool = False) -> Folder:
        """The folder at the end of `names`, in exchange for this one, which is closed.

        `create` makes the missing ones, and syncs the folder that each was made in.
        """
        folder = self
        for name in names:
            with folder:
                folder = folder._child_or_new(name) if create else folder.child(name)
        return folder

    def _child_or_new(self, name: str) -> Folder:
        try:
            return self.child(name)
        except FileNotFoundError:
            with suppress(FileExistsError):
                os.mkdir(self._at(name), dir_fd=self._fd)
            self.sync()
            return self.child(name)

    def status(self) -> os.stat_result:
        """Of the folder itself."""
        return os.stat(self._path if self._fd is None else self._fd)

    def stat(self, name: str) -> os.stat_result:
        """Of a name in this folder. Raises: OSError, with ELOOP for a link."""
        found = os.stat(self._at(name), dir_fd=self._fd, follow_symlinks=False)
        if stat.S_ISLNK(found.st_mode) or getattr(found, "st_file_attributes", 0) & _REPARSE_POINT:
            raise OSError(errno.ELOOP, "a link is in the way", name)
        return found

    def stat_file(self, name: str) -> os.stat_result:
        """Raises: IsADirectoryError, and ELOOP for what is no file either."""
        if self._fd is not None:
            found = os.stat(name, dir_fd=self._fd, follow_symlinks=False)
            if stat.S_ISREG(found.st_mode):
                return found
        found = self.stat(name)
        _require_file(found, name)
        return found

    def open_read(self, name: str) -> tuple[int, os.stat_result]:
        """A descriptor of a file and what it says of itself. Raises: as `stat_file`."""
        if self._fd is None:
            self.stat_file(name)
        fd = _patiently(lambda: os.open(self._at(name), _READ, dir_fd=self._fd))
        try:
            found = os.fstat(fd)
            _require_file(found, name)
        except OSError:
            os.close(fd)
            raise
        return fd, found

    def create(self, name: str, *, exclusive: bool = True) -> int:
        """A descriptor for reading and writing, readable for whom the umask allows."""
        flags = _CREATE | (os.O_EXCL if exclusive else 0)
        return os.open(self._at(name), flags, 0o666, dir_fd=self._fd)

    def set_mtime(self, name: str, nanoseconds: int) -> None:
        """Set when a file was changed, in nanoseconds of Unix time."""
        os.utime(self._at(name), ns=(nanoseconds, nanoseconds), dir_fd=self._fd)

    def replace(self, source: str, target: str) -> None:
        """Raises: IsADirectoryError when `target` is a folder."""
        if self._fd is None and self._is_folder(target):
            _refuse(errno.EISDIR, target)  # Windows would speak of permissions
        _patiently(
            lambda: os.replace(
                self._at(source), self._at(target), src_dir_fd=self._fd, dst_dir_fd=self._fd
            )
        )

    def remove(self, name: str) -> None:
        """Delete a file."""
        _patiently(lambda: os.unlink(self._at(name), dir_fd=self._fd))

    def remove_folder(self, name: str) -> None:
        """Delete an empty folder."""
        os.rmdir(self._at(name), dir_fd=self._fd)

    def remove_empty(self, name: str) -> bool:
        """Remove a folder with nothing but folders in it; False, and stopped, at the first file."""
        with suppress(FileNotFoundError):
            with self.child(name) as child:
                for inner in child.entries():
                    if inner[-1] != "/" or not child.remove_empty(inner[:-1]):
                        return False
            self.remove_folder(name)
        return True

    def entries(self) -> list[str]:
        """Names, a folder's with "/" at its end; links and devices are left out."""
        found: list[str] = []
        with os.scandir(self._path if self._fd is None else self._fd) as entries:
            for entry in entries:
                if entry.is_file(follow_symlinks=False):
                    found.append(entry.name)
                elif entry.is_dir(follow_symlinks=False):
                    found.append(f"{entry.name}/")
        return found

    def sync(self) -> None:
        """Make its names durable, where the system can."""
        if _WINDOWS:
            return
        if self._fd is not None:
            _sync_names(self._fd)
            return
        with suppress(FileNotFoundError):  # removed since, and its names with it
            fd = os.open(self._path, _FOLDER)
            try:
                _sync_names(fd)
            finally:
                os.close(fd)

    def _at(self, name: str) -> str:
        return name if self._fd is not None else os.path.join(self._path, name)

    def _is_folder(self, name: str) -> bool:
        try:
            return stat.S_ISDIR(self.stat(name).st_mode)
        except FileNotFoundError:
            return False


if sys.platform == "darwin":
    import fcntl

    def sync(fd: int) -> None:
        """Down to the medium: fsync alone stops at the drive's cache on macOS."""
        try:
            fcntl.fcntl(fd, fcntl.F_FULLFSYNC)
        except OSError as error:
            if error.errno not in (errno.ENOTSUP, errno.ENOTTY, errno.EINVAL):
                raise
            os.fsync(fd)

else:

    def sync(fd: int) -> None:
        os.fsync(fd)


def _sync_names(fd: int) -> None:
    try:
        sync(fd)
    except OSError as error:
        if error.errno not in (errno.EINVAL, errno.ENOTSUP):  # some mounts have no such thing
            raise


def make_root(path: str) -> bool:
    """Make the folder and its parents, each durable; True when `path` itself was missing."""
    try:
        made = _mkdir(path)
    except FileNotFoundError:
        make_root(os.path.dirname(path))
        made = _mkdir(path)  # and raise when that was not why: /proc takes no folders
    if made:
        with Folder.root(os.path.dirname(path)) as parent:
            parent.sync()
    return made


def _mkdir(path: str) -> bool:
    try:
        os.mkdir(path)
    except FileExistsError:
        with Folder.root(path):
            return False
    return True


def _require_folder(found: os.stat_result, name: str) -> None:
    if not stat.S_ISDIR(found.st_mode):
        _refuse(errno.ENOTDIR, name)


def _require_file(found: os.stat_result, name: str) -> None:
    if stat.S_ISDIR(found.st_mode):
        _refuse(errno.EISDIR, name)
    if not stat.S_ISREG(found.st_mode):
        raise OSError(errno.ELOOP, "something is in the way that is no file", name)


def _refuse(code: int, name: str) -> NoReturn:
    raise OSError(code, os.strerror(code), name)


def _patiently(call: Callable[[], _T]) -> _T:
    """Windows refuses to replace or remove a file that somebody has open: wait for its reader."""
    deadline = time.monotonic() + _BUSY_SECONDS
    while True:
        try:
            return call()
        except PermissionError:
            if not _WINDOWS or time.monotonic() > deadline:
                raise
            time.sleep(_BUSY_WAIT)
