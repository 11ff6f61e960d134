"""Finder of the module that the framework imports for the storage type `ingenious_storage`.

The framework imports `ingenious.files.{storage_type}`. Its folder is not open to other
distributions: `ingenious.files` extends its path, but its parent has a fixed one.
"""

from __future__ import annotations

import sys
from importlib.machinery import ModuleSpec
from types import ModuleType
from typing import Final

NAME: Final = "ingenious.files.ingenious_storage"


class Finder:
    """Finds `NAME`, and nothing else."""

    @staticmethod
    def find_spec(name: str, *_where: object) -> ModuleSpec | None:
        """As `importlib.abc.MetaPathFinder.find_spec`."""
        return ModuleSpec(name, Loader()) if name == NAME else None  # type: ignore[arg-type]


class Loader:
    """Loads the repository into a module that is named as the framework wants it."""

    @staticmethod
    def create_module(spec: ModuleSpec) -> None:
        """As usual."""

    @staticmethod
    def exec_module(module: ModuleType) -> None:
        """Give the module the class that the framework looks for."""
        # Only now: whoever has the plugin installed and another storage type loads nothing.
        from ingenious_storage.adapters.ingenious.repository import (  # noqa: PLC0415
            ingenious_storage_FileStorageRepository as found,
        )

        vars(module)[found.__name__] = found


def install() -> None:
    """Put the finder behind all others, so that a module of the framework's own wins; once."""
    if Finder not in sys.meta_path:
        sys.meta_path.append(Finder)
