"""Configuration: which profile is meant, and in which files, as the common options say."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping

    from ingenious_storage.config import Profiles, Settings


@dataclass(frozen=True, slots=True)
class Configuration:
    """The options `--profile`, `--config` and `--profiles`, None for one that is not given."""

    profile: str | None = None
    config: str | None = None
    profiles: str | None = None

    def of(self, profile: str | None) -> Configuration:
        """The same files with another profile."""
        return replace(self, profile=profile)

    def settings(self, overrides: Mapping[str, Any] | None = None) -> Settings:
        """Read anew, with `overrides` on top. Raises: ConfigurationError."""
        from ingenious_storage.config import load_settings  # noqa: PLC0415  # slow to import

        return load_settings(
            self.profile,
            config_path=self.config,
            profiles_path=self.profiles,
            overrides=overrides,
        )

    def find_profiles(self) -> Profiles:
        """The profiles of the file, and which one is chosen. Raises: ConfigurationError."""
        from ingenious_storage.config import find_profiles  # noqa: PLC0415  # slow to import

        return find_profiles(self.profile, profiles_path=self.profiles)
