"""Shipped files: what a release holds besides code, in the wheel or in the checkout."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Final

from ingenious_storage import whole_files
from ingenious_storage.errors import AlreadyExistsError

_PACKAGED: Final = Path(__file__).with_name("shipped_files")
_CHECKOUT: Final = Path(__file__).parents[2]


def shipped(name: str) -> Path:
    """What a checkout has at `name`, such as "docs" or "ops/alerts"."""
    packaged = _PACKAGED / name
    return packaged if packaged.exists() else _CHECKOUT / name


def write_files(files: Mapping[Path, bytes], directory: Path, *, force: bool) -> list[Path]:
    """Write `files`, by their path in `directory`: all of them, or none. A link is not followed.

    Raises: AlreadyExistsError when one exists and `force` is off; OSError.
    """
    taken = [str(name) for name in files if _exists(directory / name)]
    if taken and not force:
        shown = f"{', '.join(taken[:3])}{', ...' if len(taken) > 3 else ''}"
        raise AlreadyExistsError(
            f"{shown} exists in {directory}", hint="Use --force to replace it."
        )
    return whole_files.write_files(
        directory, {name.as_posix(): data for name, data in files.items()}
    )


def _exists(path: Path) -> bool:
    return path.exists() or path.is_symlink()
