"""The `api:` section: who may use the HTTP API and the console, and how much."""

from __future__ import annotations

from pydantic import Field

from ingenious_storage.config.section import Seconds, Section


class ApiSettings(Section):
    """What `ingenious_ops.serving.create_app` serves. Times are in seconds, sizes in bytes."""

    max_body_bytes: int = Field(default=32 * 1024 * 1024, ge=1)
    request_timeout: Seconds = 60.0
