"""Stores of other distributions: entry points of the group `ingenious_storage.stores`."""

from __future__ import annotations

from importlib.metadata import EntryPoint, entry_points
from typing import Any, Final

from ingenious_storage.errors import ConfigurationError

GROUP: Final = "ingenious_storage.stores"
_REINSTALL: Final = "Update or uninstall that distribution."


def store_names() -> tuple[str, ...]:
    """The names that distributions offer, sorted; nothing of them is imported."""
    return tuple(sorted(entry_points(group=GROUP).names))


def load_store(name: str) -> Any:
    """What the distribution offers under `name`, imported; None when there is none.

    Raises: ConfigurationError when it cannot be imported, or when two distributions offer it.
    """
    found = tuple(entry_points(group=GROUP, name=name))
    if not found:
        return None
    if len({entry.value for entry in found}) > 1:
        origins = " and ".join(sorted(map(_origin, found)))
        raise ConfigurationError(
            f"{origins} both bring a store {name}", hint="Uninstall one of them."
        )
    try:
        return found[0].load()
    except (Exception, SystemExit) as error:  # whatever the code of others raises
        raise ConfigurationError(
            f"the store {name} of {_origin(found[0])} cannot be loaded: "
            f"{type(error).__name__}: {error}",
            hint=_REINSTALL,
        ) from error


def misfit(name: str, problem: str) -> ConfigurationError:
    """The error for a store that can be imported, but not used."""
    origins = " and ".join(sorted(map(_origin, entry_points(group=GROUP, name=name))))
    return ConfigurationError(f"the store {name} of {origins} {problem}", hint=_REINSTALL)


def _origin(entry: EntryPoint) -> str:
    return "an unnamed distribution" if entry.dist is None else entry.dist.name
