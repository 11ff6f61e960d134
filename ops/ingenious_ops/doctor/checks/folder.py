"""The folder of a store that keeps its containers in one."""

from __future__ import annotations

import os
import shutil
from pathlib import Path
from shlex import quote
from typing import TYPE_CHECKING, Final

from ingenious_ops.doctor.model import Check, Result, failed, passed, warned

if TYPE_CHECKING:
    from ingenious_ops.doctor.context import Context

SECTION: Final = "Folder"
_LITTLE: Final = 1024**3


def _base(context: Context) -> Result:
    path = _parent(context)
    nearest = _nearest(path)
    if not nearest.is_dir():
        return failed(
            f"{nearest} is a file, where a folder should be",
            hint=f"Correct {setting(context)}{_move(nearest)}.",
            code="container_not_found",
        )
    if _is_read_only(nearest):
        return failed(
            f"the file system of {nearest} is mounted read-only",
            hint=f"Mount a volume there that may be written, or correct {setting(context)}.",
            code="permission_denied",
        )
    if not os.access(nearest, os.R_OK | os.W_OK | os.X_OK):
        return failed(
            f"{nearest} may not be read and written by this user",
            hint=_give(context, path, nearest),
            code="permission_denied",
        )
    if nearest != path:
        return passed(f"{path} is not there yet; {nearest} may be written")
    return passed(f"{path}, may be read and written")


def setting(context: Context) -> str:
    """Where the folder is named."""
    assert context.settings is not None
    storage = context.storage
    key = f"storage.{storage.store_section}.{storage.store.place_key}"
    return context.settings.written(key.removesuffix("."))


def _parent(context: Context) -> Path:
    """What the containers are folders of."""
    folder = context.backend("data").folder
    assert folder is not None
    return folder.parent


def _move(file: Path) -> str:
    """What lies outside the working directory is somebody else's: it stays where it is."""
    if not file.is_relative_to(Path.cwd()):
        return ""
    return f", or move the file away (`mv {quote(str(file))} {quote(f'{file}.old')}`)"


def _give(context: Context, path: Path, nearest: Path) -> str:
    """Rights on our own folder only: `/etc` or `/srv` must not change hands for it."""
    name = quote(str(path))
    if path != nearest:
        return f'Run: sudo install -d -o "$USER" {name}; or correct {setting(context)}.'
    if any((path / context.container(role)).is_dir() for role in ("data", "revisions")):
        return f'Run: sudo chown "$USER" {name} && chmod u+rwx {name}'
    return f"Correct {setting(context)}: name a folder that this user may write."


def _is_read_only(path: Path) -> bool:
    flag: int | None = getattr(os, "ST_RDONLY", None)  # not on Windows
    return flag is not None and bool(os.statvfs(path).f_flag & flag)


def _nearest(path: Path) -> Path:
    """`path`, or the first above it that is there."""
    return next(each for each in (path, *path.parents) if os.path.lexists(each))


def _space(context: Context) -> Result:
    place = _nearest(_parent(context))
    free = shutil.disk_usage(place).free
    needed = context.storage.max_document_bytes
    said = f"{_size(free)} free"
    hint = f"Free some space: `df -h '{place}'`, `du -sh '{place}'/*`."
    if free < needed:
        return failed(f"{said}, less than one document may be", hint=hint, code="unavailable")
    return warned(said, hint=hint) if free < _LITTLE else passed(said)


def _size(number: float) -> str:
    for unit in ("bytes", "KiB", "MiB", "GiB"):
        if number < 1024:
            return f"{number:.0f} {unit}"
        number /= 1024
    return f"{number:.1f} TiB"


CHECKS: Final = (
    Check("folder.base", SECTION, "base path", _base, needs=("configuration",)),
    Check("folder.space", SECTION, "space", _space, needs=("folder.base",)),
)
