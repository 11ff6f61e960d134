"""Errors while telemetry is set up."""

from __future__ import annotations

from ingenious_storage.errors import StorageError


class TelemetryError(StorageError):
    """OpenTelemetry cannot be set up as it was asked for."""

    code = "telemetry_failed"
    default_hint = (
        "`ingenious-storage explain metrics` says how to set it up; "
        "telemetry.exporter: none turns it off."
    )
