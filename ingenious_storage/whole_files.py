"""Whole files: written completely or not at all, as everything that a person asked for by a path.

A file is made beside its target, synced, and renamed over it: an old one stays until the new one
is complete. Each OSError names the target.
"""

from __future__ import annotations

import errno
import os
import stat
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from types import TracebackType
from typing import Final, Self

_NEW: Final = os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_BINARY", 0)
_NO_LINKS: Final = frozenset({errno.EPERM, errno.ENOTSUP, errno.EOPNOTSUPP, errno.ENOSYS})
"""How file systems without hard links answer."""
TEMPORARY: Final = ".ingenious-tmp-"
"""How the name of an unfinished file begins."""
_WRITE_OUT: Final = 32 * 1024 * 1024
"""Bytes from which the system is to write out what it was given."""


def write_file(path: Path, data: bytes | str, *, mode: int | None = None) -> None:
    """Replace `path`, or what is a link there, by a file with `data`; its folder is made.

    What is there and is no file, such as a device or a pipe, is written to. `mode`: the rights
    of a new file; one that is replaced hands on its own. Raises: OSError.
    """
    with _naming(path):
        special = _is_special(path)
        if special:
            path.write_bytes(_bytes(data))
    if not special:
        write_files(path.parent, {path.name: data}, mode=mode)


def write_files(
    root: Path, files: Mapping[str, bytes | str], *, mode: int | None = None
) -> list[Path]:
    """Write `files`, by their names below `root` with `/`: their paths.

    The first is put in place when all are complete on the disk, so that a full one changes none.
    No link below `root` is followed. Raises: OSError, with ELOOP for a link in place of a folder.
    """
    targets = {root.joinpath(*name.split("/")): data for name, data in files.items()}
    with ExitStack() as opened:
        staged: list[StagedFile] = []
        for target, data in targets.items():
            with _naming(target):
                _make_folders(root, target.parent)
                file = StagedFile(target, mode=_mode_of(target, mode))
                staged.append(opened.enter_context(file))
                file.write(_bytes(data))
                file.complete()
        for file in staged:
            with _naming(file.target):
                file.replace()
        for folder in {target.parent for target in targets}:
            with _naming(folder):
                sync_folder(folder)
    return list(targets)


def write_out(fd: int, before: int, size: int) -> None:
    """Have the system begin to write out what a large file has got since it had `before` bytes.

    Else it keeps up to a fifth of the memory for that, and a sync at the end waits for all of it.
    """
    start = before - before % _WRITE_OUT
    if size - start >= _WRITE_OUT and hasattr(os, "posix_fadvise"):
        with suppress(OSError):  # advice, which not every file system takes
            os.posix_fadvise(fd, start, size - start, os.POSIX_FADV_DONTNEED)


class StagedFile:
    """A file in the making beside `target`; removed when the block ends before it is in place.

    It is made by the first `write`, inside the block: an interrupt at any moment leaves nothing.
    Its folder is to be synced afterwards. Every method raises OSError.
    """

    def __init__(self, target: Path, *, mode: int | None = None) -> None:
        """`mode`: the rights of the file, whatever the umask says; None for those it leaves."""
        self.target, self._mode = target, mode
        self._temporary = target.with_name(TEMPORARY + os.urandom(8).hex())
        self._fd, self._size, self._is_over = -1, 0, False

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        try:
            self._is_over = True
            self._close()
        finally:
            self._temporary.unlink(missing_ok=True)

    def write(self, data: bytes) -> None:
        """Append all of `data`; behind the block, where a late thread may be, it fails."""
        rest, before = memoryview(data), self._size
        while rest:
            rest = rest[os.write(self._opened(), rest) :]
        self._size += len(data)
        write_out(self._opened(), before, self._size)

    def complete(self) -> None:
        """Sync the content: nothing can be written any more."""
        os.fsync(self._opened())
        self._close()
        if self._mode is not None:
            self._temporary.chmod(self._mode)

    def replace(self) -> None:
        """Put the complete file in place of what is there."""
        self._temporary.replace(self.target)

    def place_new(self) -> None:
        """Put the complete file where nothing is. Raises: FileExistsError."""
        try:
            os.link(self._temporary, self.target)
        except OSError as error:
            if error.errno not in _NO_LINKS:
                raise
            os.close(os.open(self.target, _NEW, 0o666))  # take the name, then fill it
            self.replace()
        else:
            self._temporary.unlink()  # it changes what `stat` says of the file

    def _opened(self) -> int:
        if self._is_over:
            raise OSError(errno.EBADF, os.strerror(errno.EBADF))
        if self._fd < 0:
            self._fd = os.open(self._temporary, _NEW, 0o666 if self._mode is None else self._mode)
        return self._fd

    def _close(self) -> None:
        if self._fd >= 0:
            fd, self._fd = self._fd, -1
            os.close(fd)


def _mode_of(target: Path, new: int | None) -> int | None:
    """The rights of the file that is replaced, `new` for none. Raises: IsADirectoryError."""
    with suppress(FileNotFoundError):
        found = target.stat(follow_symlinks=False)
        if stat.S_ISDIR(found.st_mode):
            raise IsADirectoryError(errno.EISDIR, os.strerror(errno.EISDIR))
        if stat.S_ISREG(found.st_mode):
            return stat.S_IMODE(found.st_mode)
    return new


def _make_folders(root: Path, folder: Path) -> None:
    root.mkdir(parents=True, exist_ok=True)
    place = root
    for part in folder.relative_to(root).parts:
        place /= part
        if place.is_symlink():
            raise OSError(errno.ELOOP, "a link is in the way, and is not followed")
        place.mkdir(exist_ok=True)


def sync_folder(folder: Path) -> None:
    """Make the names in a folder durable, where the system can. Raises: OSError."""
    if os.name == "nt":  # where a folder cannot be opened
        return
    fd = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(fd)
    except OSError as error:
        if error.errno not in (errno.EINVAL, errno.ENOTSUP):  # some mounts have no such thing
            raise
    finally:
        os.close(fd)


def _is_special(path: Path) -> bool:
    try:
        found = path.stat()
    except OSError:
        return False
    return not (stat.S_ISREG(found.st_mode) or stat.S_ISDIR(found.st_mode))


def _bytes(data: bytes | str) -> bytes:
    return data.encode() if isinstance(data, str) else data


@contextmanager
def _naming(path: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise type(error)(error.errno, error.strerror, str(path)) from error
