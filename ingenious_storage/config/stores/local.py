"""Sections of the stores that need no account: a folder, and the memory of the process."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, ClassVar

from pydantic import AfterValidator

from ingenious_storage.config.section import StoreSettings, expand_home
from ingenious_storage.config.stores.folder import check_folder


class LocalSettings(StoreSettings):
    """`storage.local:`, the folder that the containers are folders of."""

    store: ClassVar[str] = "local"
    place_key: ClassVar[str] = "base_path"

    base_path: Annotated[Path, AfterValidator(check_folder), AfterValidator(expand_home)] = Path(
        "data"
    )

    def place(self) -> str:
        """The folder, as it is written."""
        return str(self.base_path)


class InMemorySettings(StoreSettings):
    """`storage.inmemory:`, which has no keys."""

    store: ClassVar[str] = "inmemory"
