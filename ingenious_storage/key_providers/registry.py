"""Key providers: the table of those that this library has, and the way to those of others.

A distribution brings a provider as a function from `StorageSettings` to a `KeyProvider`, without
I/O, behind an entry point of the group `ingenious_storage.key_providers`. Its name there is
`storage.encryption.provider`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Final

from ingenious_storage.config import StorageSettings
from ingenious_storage.config.entry_points import load
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
    opener: Opener | None = PROVIDERS.get(name) or load(GROUP, name, what="key provider")
    if opener is None:
        raise ConfigurationError(
            f"there is no key provider {name}", hint=f"Of this library: {', '.join(PROVIDERS)}."
        )
    return opener
