"""Entry points: what other distributions bring, by a group and a name."""

from __future__ import annotations

from importlib.metadata import EntryPoint, entry_points
from typing import Any, Final

from ingenious_storage.errors import ConfigurationError

REINSTALL: Final = "Update or uninstall that distribution."


def load(group: str, name: str, *, what: str) -> Any:
    """What a distribution offers under `name`, imported; None when none does.

    Args:
        what: the thing in an error: "store".

    Raises: ConfigurationError when it cannot be imported, or when two distributions offer it.
    """
    found = tuple(entry_points(group=group, name=name))
    if not found:
        return None
    if len({entry.value for entry in found}) > 1:
        raise ConfigurationError(
            f"{origins(group, name)} both bring a {what} {name}", hint="Uninstall one of them."
        )
    try:
        return found[0].load()
    except (Exception, SystemExit) as error:  # whatever the code of others raises
        raise ConfigurationError(
            f"the {what} {name} of {_origin(found[0])} cannot be loaded: "
            f"{type(error).__name__}: {error}",
            hint=REINSTALL,
        ) from error


def origins(group: str, name: str) -> str:
    """The distributions that offer it."""
    return " and ".join(sorted(map(_origin, entry_points(group=group, name=name))))


def _origin(entry: EntryPoint) -> str:
    return "an unnamed distribution" if entry.dist is None else entry.dist.name
