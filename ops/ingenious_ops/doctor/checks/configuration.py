"""The configuration: read, checked, and where its values come from."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Final

from ingenious_ops.doctor.model import Check, Result, passed, warned
from ingenious_storage.config import explain
from ingenious_storage.wiring import build_backend

if TYPE_CHECKING:
    from ingenious_ops.doctor.context import Context
    from ingenious_storage.config import Settings

CONFIGURATION: Final = "configuration"


def _read(context: Context) -> Result:
    settings = context.configuration.settings()
    backend = build_backend(settings.storage, settings.storage.container_data)
    context.settings = settings
    summary = f"{settings.storage.type}, {_profile(settings)}, from {_files(settings)}"
    if not backend.durable:
        return warned(
            f"{summary}: what is saved is gone when the process ends",
            *_lines(settings),
            hint="Set storage.type to local, azure_blob, s3 or gcs, unless this is a test.",
        )
    return passed(summary, *_lines(settings))


def _profile(settings: Settings) -> str:
    return f"profile {settings.profile}" if settings.profile else "no profile chosen"


def _files(settings: Settings) -> str:
    """Those that decide something: a profiles.yml of which no profile was chosen does not."""
    used = {origin.file for origin in settings.origins.values()}
    used |= {setting.origin.file for setting in settings.exported.values()}
    return ", ".join(str(file) for file in settings.files if file in used) or "no file"


def _lines(settings: Settings) -> list[str]:
    given = [line for line in explain(settings) if line.origin != "default"]
    counted = Counter(
        settings.origins[line.key].kind for line in given if line.key in settings.origins
    )
    found = ", ".join(f"{number} from {kind}" for kind, number in counted.items())
    return [
        f"values: {found or 'all by default'}",
        *(f"{line.key} = {line.value} ({line.origin})" for line in given),
    ]


CHECKS: Final = (Check(CONFIGURATION, "Configuration", "settings", _read),)
