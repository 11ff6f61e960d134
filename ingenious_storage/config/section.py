"""Section: the base of each part of the configuration."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, ClassVar

from pydantic import BaseModel, ConfigDict, Field

from ingenious_storage.runtime.unpickled import Value

Seconds = Annotated[float, Field(gt=0, allow_inf_nan=False)]


class Section(BaseModel, Value):
    """Frozen; an unknown key is an error, and no error quotes a value."""

    model_config = ConfigDict(
        frozen=True, extra="forbid", hide_input_in_errors=True, str_strip_whitespace=True
    )


class StoreSettings(Section):
    """The section of one store, `storage.NAME:`. A store's own settings derive from it."""

    store: ClassVar[str]
    """The `storage.type` that chooses the store. One of another distribution need not say it."""
    reads_environment: ClassVar[bool] = False
    """Whether libraries of the store read variables such as AZURE_CLIENT_ID or HTTPS_PROXY."""

    place_key: ClassVar[str] = ""
    """The key that says where, if it is one key."""

    def place(self) -> str:
        """Where the containers lie, safe to print and without I/O; "" for nowhere in particular.

        Raises: ConfigurationError.
        """
        return ""

    def check(self) -> None:
        """Check the keys against each other, without I/O: called when the store is chosen.

        Raises: ConfigurationError.
        """


def expand_home(path: Path) -> Path:
    """`path` with `~` expanded; unchanged for a user who has no home."""
    try:
        return path.expanduser()
    except RuntimeError:
        return path


def words(value: object) -> object:
    """Environment variables write a list with commas."""
    return value.replace(",", " ").split() if isinstance(value, str) else value
