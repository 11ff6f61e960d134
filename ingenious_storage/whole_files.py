"""Files that are written whole or not at all: everything that a person asked for by a path.

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
from typing import Final

_NEW: Final = os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_BINARY", 0)
_PREFIX: Final = ".ingenious-tmp-"


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
        staged: list[tuple[Path, Path]] = []
        for target, data in targets.items():
            with _naming(target):
                _make_folders(root, target.parent)
                staged.append((opened.enter_context(_staged(target, _bytes(data), mode)), target))
        for temporary, target in staged:
            with _naming(target):
                temporary.replace(target)
        for folder in {target.parent for target in targets}:
            with _naming(folder):
                _sync(folder)
    return list(targets)


@contextmanager
def _staged(target: Path, data: bytes, mode: int | None) -> Iterator[Path]:
    """The complete file beside its target; what is still there at the end is removed."""
    with suppress(FileNotFoundError):
        found = target.stat(follow_symlinks=False)
        if stat.S_ISDIR(found.st_mode):
            raise IsADirectoryError(errno.EISDIR, os.strerror(errno.EISDIR))
        if stat.S_ISREG(found.st_mode):
            mode = stat.S_IMODE(found.st_mode)
    temporary = target.with_name(_PREFIX + os.urandom(8).hex())
    fd = os.open(temporary, _NEW, 0o666 if mode is None else mode)
    try:
        try:
            rest = memoryview(data)
            while rest:
                rest = rest[os.write(fd, rest) :]
            os.fsync(fd)
        finally:
            os.close(fd)
        if mode is not None:
            temporary.chmod(mode)  # whatever the umask says
        yield temporary
    finally:
        temporary.unlink(missing_ok=True)


def _make_folders(root: Path, folder: Path) -> None:
    root.mkdir(parents=True, exist_ok=True)
    place = root
    for part in folder.relative_to(root).parts:
        place /= part
        if place.is_symlink():
            raise OSError(errno.ELOOP, "a link is in the way, and is not followed")
        place.mkdir(exist_ok=True)


def _sync(folder: Path) -> None:
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
