"""The files that `ingenious-storage init` writes."""

from __future__ import annotations

from pathlib import Path
from typing import Final

from ingenious_storage.errors import AlreadyExistsError, ConfigurationError
from ingenious_storage.whole_files import write_files

_TEMPLATES = Path(__file__).with_name("templates")

CONFIG_TEMPLATE: Final = (_TEMPLATES / "config.yml").read_text(encoding="utf-8")
PROFILES_TEMPLATE: Final = (_TEMPLATES / "profiles.yml").read_text(encoding="utf-8")
ENV_TEMPLATE: Final = (_TEMPLATES / "env.example").read_text(encoding="utf-8")


def init_files(directory: Path, *, force: bool = False) -> list[Path]:
    """Write config.yml, profiles.yml and .env.example: all of them, or none.

    Raises: AlreadyExistsError when one exists and `force` is off; ConfigurationError when one
    cannot be written.
    """
    files = {
        directory / "config.yml": CONFIG_TEMPLATE,
        directory / "profiles.yml": PROFILES_TEMPLATE,
        directory / ".env.example": ENV_TEMPLATE,
    }
    if taken := [path.name for path in files if path.exists() and not (force and path.is_file())]:
        raise AlreadyExistsError(
            f"{', '.join(taken)} exists in {directory}", hint="Use --force to replace it."
        )
    try:
        return write_files(directory, {path.name: text for path, text in files.items()})
    except OSError as error:
        raise ConfigurationError(
            f"cannot write to {directory}: {error}", hint="Nothing was written."
        ) from error
