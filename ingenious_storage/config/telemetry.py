"""The `telemetry:` section: what is exported, and where to."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Final, Literal, Self
from urllib.parse import unquote, urlsplit
from uuid import UUID

from pydantic import (
    AfterValidator,
    BeforeValidator,
    Field,
    SecretStr,
    field_validator,
    model_validator,
)

from ingenious_storage.config.azure.endpoint import is_loopback
from ingenious_storage.config.section import Seconds, Section, expand_home, words
from ingenious_storage.errors import ConfigurationError

Exporter = Literal["none", "console", "otlp", "prometheus", "azure_monitor"]

_HEADER_NAME: Final = re.compile(r"[A-Za-z0-9!#$%&'*+.^_`|~-]+")  # a token of RFC 9110


class TelemetrySettings(Section):
    """What `ingenious_ops.telemetry.setup_telemetry` sets up. Times are in seconds."""

    service_name: str = Field(default="ingenious-storage", min_length=1)
    exporter: Annotated[tuple[Exporter, ...], BeforeValidator(words)] = ("none",)
    endpoint: str | None = None
    headers: SecretStr | None = None
    connection_string: SecretStr | None = None
    sampling_ratio: float | None = Field(default=None, ge=0, le=1)
    metric_interval: Seconds = 60.0
    metrics_directory: Annotated[Path, AfterValidator(expand_home)] | None = None

    @property
    def is_on(self) -> bool:
        """Whether anything is exported."""
        return self.exporter != ("none",)

    def otlp_headers(self) -> dict[str, str]:
        """`headers` taken apart: NAME=VALUE with commas between, values percent-encoded."""
        text = "" if self.headers is None else self.headers.get_secret_value()
        pairs = [part.partition("=") for part in text.split(",") if part.strip()]
        return {name.strip().lower(): unquote(value.strip()) for name, _, value in pairs}

    @field_validator("exporter")
    @classmethod
    def _check_exporter(cls, value: tuple[Exporter, ...]) -> tuple[Exporter, ...]:
        if "none" in value and len(value) > 1:
            raise ConfigurationError(
                "none stands beside another exporter", hint="Leave none out, or all others."
            )
        return tuple(dict.fromkeys(value)) or ("none",)

    @field_validator("endpoint")
    @classmethod
    def _check_endpoint(cls, value: str | None) -> str | None:
        if value is None:
            return None
        try:
            parts = urlsplit(value)
            good = parts.scheme in {"http", "https"} and parts.hostname and parts.port != 0
        except ValueError:
            good = None
        if not good or not value.isascii() or any(c.isspace() or c in "@?#\\" for c in value):
            raise ConfigurationError(
                "not the URL of a collector",
                hint="Such as http://localhost:4318: http or https, no user, no query; "
                "/v1/traces and so on are added.",
            )
        return value.rstrip("/")

    @model_validator(mode="after")
    def _check_headers(self) -> Self:
        pairs = self.otlp_headers()
        text = "" if self.headers is None else self.headers.get_secret_value()
        if not _are_headers(text, pairs):
            raise ConfigurationError(
                "telemetry.headers is not a list of headers",
                hint="NAME=VALUE with commas between; values percent-encoded where needed.",
            )
        if pairs and self.endpoint and not _is_private(self.endpoint):
            raise ConfigurationError(
                "telemetry.endpoint uses http: telemetry.headers would travel in the clear",
                hint="Use https; http is for a collector on this machine, or without headers.",
            )
        return self

    @model_validator(mode="after")
    def _check_connection_string(self) -> Self:
        if "azure_monitor" not in self.exporter:
            return self
        if self.connection_string is None:
            raise ConfigurationError(
                "telemetry.connection_string is missing, and telemetry.exporter needs it",
                hint="It is on the overview of the Application Insights resource; "
                "APPLICATIONINSIGHTS_CONNECTION_STRING may hold it.",
            )
        if not _is_application_insights(self.connection_string.get_secret_value()):
            raise ConfigurationError(
                "telemetry.connection_string is not one of Application Insights",
                hint="InstrumentationKey=...;IngestionEndpoint=https://..., copied whole.",
            )
        return self


def _is_private(url: str) -> bool:
    return url.startswith("https:") or is_loopback(urlsplit(url).hostname or "")


def _is_application_insights(text: str) -> bool:
    """With the key of a resource, and endpoints that nobody can listen to on the way."""
    pairs = [part.strip().partition("=") for part in text.split(";") if part.strip()]
    parts = {name.strip().lower(): value.strip() for name, _, value in pairs}
    try:
        UUID(parts["instrumentationkey"])
        urls = [value for name, value in parts.items() if name.endswith("endpoint")]
        return all(urlsplit(url).hostname and _is_private(url) for url in urls)
    except (KeyError, ValueError):
        return False


def _are_headers(text: str, pairs: Mapping[str, str]) -> bool:
    entries = [part for part in text.split(",") if part.strip()]
    return (
        all("=" in entry for entry in entries)
        and all(map(_HEADER_NAME.fullmatch, pairs))
        and all(value.isascii() and value.isprintable() for value in pairs.values())
    )
