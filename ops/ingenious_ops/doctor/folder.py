"""The folder that the local backend keeps everything in."""

from __future__ import annotations

import os
import shutil
from typing import TYPE_CHECKING, Final

from ingenious_ops.doctor.model import Check, Result, failed, passed, warned

if TYPE_CHECKING:
    from pathlib import Path

    from ingenious_ops.doctor.context import Context

SECTION: Final = "Folder"
_LITTLE: Final = 1024**3


def _base(context: Context) -> Result:
    path = context.storage.base_path.absolute()
    nearest = _nearest(path)
    if not nearest.is_dir():
        return failed(
            f"{nearest} is a file, where a folder should be",
            hint=f"Move it away (`mv {nearest} {nearest}.old`), or correct storage.base_path.",
            code="container_not_found",
        )
    if not os.access(nearest, os.R_OK | os.W_OK | os.X_OK):
        return failed(
            f"{nearest} may not be read and written by this user",
            hint=f"Run: sudo chown \"$USER\" '{nearest}' && chmod u+rwx '{nearest}'",
            code="permission_denied",
        )
    if nearest != path:
        return passed(f"{path} is not there yet; {nearest} may be written")
    return passed(f"{path}, may be read and written")


def _nearest(path: Path) -> Path:
    """`path`, or the first above it that is there."""
    return next(each for each in (path, *path.parents) if os.path.lexists(each))


def _space(context: Context) -> Result:
    place = _nearest(context.storage.base_path.absolute())
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
