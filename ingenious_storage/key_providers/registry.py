"""Key providers: the table of those that this library has, and the way to those of others.

A distribution brings a provider as a function from `StorageSettings` to a `KeyProvider`, without
I/O, behind an entry point of the group `ingenious_storage.key_providers`. Its name there is
`storage.encryption.provider`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from importlib.metadata import EntryPoint, entry_points
from typing import Final

from ingenious_storage.config import StorageSettings
from ingenious_storage.errors import ConfigurationError
from ingenious_storage.key_providers.base import KeyProvider

GROUP: Final = "ingenious_storage.key_providers"
Opener = Callable[[StorageSettings], KeyProvider]


# Each imports its provider when that is chosen.


def _key_file(settings: StorageSettings) -> KeyProvider:
    from ingenious_storage.key_providers.key_file import KeyFile  # noqa: PLC0415

    path = settings.encryption.key_file
    assert path is not None  # the settings are checked
    return KeyFile(path)


def _key_vault(settings: StorageSettings) -> KeyProvider:
    from ingenious_storage.key_providers.key_vault import open_key_vault  # noqa: PLC0415

    return open_key_vault(settings)


PROVIDERS: Final[Mapping[str, Opener]] = {"key_file": _key_file, "azure_key_vault": _key_vault}


def open_provider(settings: StorageSettings) -> KeyProvider:
    """The provider that `storage.encryption.provider` names. No I/O.

    Raises: ConfigurationError when encryption is off, when there is no such provider, or when
    what a distribution brings is damaged.
    """
    name = settings.encryption.provider
    provider = find_opener(name)(settings)
    if not isinstance(provider, KeyProvider):
        raise ConfigurationError(
            f"the key provider {name} gives no ingenious_storage.key_providers.base.KeyProvider",
            hint="Update or uninstall the distribution that brings it.",
        )
    return provider


def find_opener(name: str | None) -> Opener:
    """What opens the provider of this name; of this library's none is imported.

    Raises: ConfigurationError, as `open_provider` does.
    """
    if name is None:
        raise ConfigurationError(
            "encryption is off", hint="Set storage.encryption.provider: key_file, for example."
        )
    return PROVIDERS.get(name) or _loaded(name)


def _loaded(name: str) -> Opener:
    found = tuple(entry_points(group=GROUP, name=name))
    if not found:
        raise ConfigurationError(
            f"there is no key provider {name}", hint=f"Of this library: {', '.join(PROVIDERS)}."
        )
    if len({entry.value for entry in found}) > 1:
        origins = " and ".join(sorted(map(_origin, found)))
        raise ConfigurationError(
            f"{origins} both bring a key provider {name}", hint="Uninstall one of them."
        )
    try:
        return found[0].load()  # type: ignore[no-any-return]
    except (Exception, SystemExit) as error:  # whatever the code of others raises
        raise ConfigurationError(
            f"the key provider {name} of {_origin(found[0])} cannot be loaded: "
            f"{type(error).__name__}: {error}",
            hint="Update or uninstall that distribution.",
        ) from error


def _origin(entry: EntryPoint) -> str:
    return "an unnamed distribution" if entry.dist is None else entry.dist.name
