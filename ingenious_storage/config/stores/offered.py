"""Stores of other distributions: entry points of the group `ingenious_storage.stores`."""

from __future__ import annotations

from importlib.metadata import entry_points
from typing import Any, Final

from ingenious_storage.config.entry_points import REINSTALL, load, origins
from ingenious_storage.errors import ConfigurationError

GROUP: Final = "ingenious_storage.stores"


def store_names() -> tuple[str, ...]:
    """The names that distributions offer, sorted; nothing of them is imported."""
    return tuple(sorted(entry_points(group=GROUP).names))


def load_store(name: str) -> Any:
    """What the distribution offers under `name`, imported; None when there is none.

    Raises: ConfigurationError when it cannot be imported, or when two distributions offer it.
    """
    return load(GROUP, name, what="store")


def misfit(name: str, problem: str) -> ConfigurationError:
    """The error for a store that can be imported, but not used."""
    return ConfigurationError(
        f"the store {name} of {origins(GROUP, name)} {problem}", hint=REINSTALL
    )
