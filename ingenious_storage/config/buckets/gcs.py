"""GCS settings: the section `storage.gcs:`, and the one project and credential that it means.

The containers are buckets. Google's own variables (`GOOGLE_APPLICATION_CREDENTIALS`, ...) are read
by google-auth, and only where no file is named here.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, ClassVar, Final
from urllib.parse import urlsplit

from pydantic import AfterValidator, BeforeValidator

from ingenious_storage.config.azure.endpoint import is_loopback
from ingenious_storage.config.buckets.endpoint import check_endpoint
from ingenious_storage.config.section import StoreSettings, expand_home, words
from ingenious_storage.errors import ConfigurationError
from ingenious_storage.http.trust import BY_ENVIRONMENT, Trust
from ingenious_storage.runtime.unpickled import Value

GOOGLE: Final = "https://storage.googleapis.com"

_PROJECT: Final = re.compile(r"(?:[a-z0-9.-]{1,63}:)?[a-z0-9][a-z0-9-]{2,61}[a-z0-9]")
_LOCATION: Final = re.compile(r"[A-Za-z0-9-]{2,40}")
_HOST_SUFFIX: Final = re.compile(r"[a-z0-9_](?:[a-z0-9._-]*[a-z0-9_])?")
_GOOGLE_SUFFIX: Final = "googleapis.com"
_EXAMPLE: Final = f"{GOOGLE} or http://127.0.0.1:4443"


@dataclass(frozen=True, slots=True)
class GcsAccount(Value):
    """One service, and who asks there; hashable, so that it can be shared by."""

    endpoint: str = GOOGLE
    """The URL without a slash at its end."""
    project: str | None = None
    """The one that new buckets belong to; None: the one that google-auth finds."""
    location: str | None = None
    """Where new buckets lie; None leaves that to the service, which chooses the United States."""
    user_project: str | None = None
    """The one that pays for requests, where the bucket's owner does not."""
    credentials_file: Path | None = None
    """None: google-auth finds out who asks (application default credentials)."""
    is_anonymous: bool = False
    """Nothing proves who asks."""
    timeout: float = 30.0
    """Seconds for a call, besides what its bodies take."""
    trust: Trust = BY_ENVIRONMENT
    """By `storage.http`."""


class GcsSettings(StoreSettings):
    """`storage.gcs:`, Google Cloud Storage or an emulator of it, and how to sign in to it."""

    store: ClassVar[str] = "gcs"
    reads_environment: ClassVar[bool] = True

    project: str | None = None
    location: str | None = None
    user_project: str | None = None
    credentials_file: Annotated[Path, AfterValidator(expand_home)] | None = None
    anonymous: bool | None = None
    endpoint: str | None = None
    allowed_endpoint_suffixes: Annotated[tuple[str, ...], BeforeValidator(words)] = ()
    allow_http: bool = False

    def place(self) -> str:
        """The URL of the service."""
        return resolve_gcs(self).endpoint

    def check(self) -> None:
        """Check that they mean one service and one credential."""
        resolve_gcs(self)


def resolve_gcs(settings: GcsSettings, *, timeout: float = 30.0) -> GcsAccount:
    """Decide which service `settings` mean and how to sign in to it; no I/O.

    Nothing is signed over http, so an emulator needs no credential; elsewhere `anonymous` says so.
    `timeout` is in seconds, for a call.

    Raises: ConfigurationError naming the keys that are missing, malformed or contradictory.
    """
    _check_text("project", settings.project, _PROJECT, "The id of a project, such as agents-prod.")
    _check_text("user_project", settings.user_project, _PROJECT, "The id of a project.")
    _check_text("location", settings.location, _LOCATION, "Such as europe-west3, EU or US.")
    endpoint = check_endpoint(
        settings.endpoint or GOOGLE,
        section="storage.gcs",
        example=_EXAMPLE,
        allow_http=settings.allow_http,
    )
    return GcsAccount(
        endpoint=endpoint,
        project=settings.project,
        location=settings.location,
        user_project=settings.user_project,
        credentials_file=settings.credentials_file,
        is_anonymous=_is_anonymous(settings, endpoint),
        timeout=timeout,
    )


def _is_anonymous(settings: GcsSettings, endpoint: str) -> bool:
    is_http = endpoint.startswith("http:")
    if settings.credentials_file is not None and (settings.anonymous or is_http):
        other = "storage.gcs.anonymous" if settings.anonymous else "an endpoint with http"
        raise ConfigurationError(
            f"storage.gcs.credentials_file and {other} contradict each other",
            hint="Remove one of them: tokens are never sent over http, and nobody needs one twice.",
        )
    if is_http and settings.anonymous is False:
        raise ConfigurationError(
            "storage.gcs.anonymous is false, and storage.gcs.endpoint uses http",
            hint="Use https: a token would travel in the clear.",
        )
    if not is_http and not settings.anonymous:
        _check_host(settings, urlsplit(endpoint).hostname or "")
        return False
    return True


def _check_host(settings: GcsSettings, host: str) -> None:
    """A token goes to Google, to this machine, or where somebody says."""
    trusted = (_GOOGLE_SUFFIX, *_suffixes(settings))
    if not is_loopback(host) and not any(f".{host}".endswith(f".{name}") for name in trusted):
        raise ConfigurationError(
            f"storage.gcs.endpoint: {host} is not a host of Google",
            hint="Tokens would be sent there. If it is right, add it to "
            "storage.gcs.allowed_endpoint_suffixes, or set storage.gcs.anonymous to true.",
        )


def _suffixes(settings: GcsSettings) -> tuple[str, ...]:
    suffixes = tuple(each.lower().removeprefix(".") for each in settings.allowed_endpoint_suffixes)
    if not all(map(_HOST_SUFFIX.fullmatch, suffixes)):
        raise ConfigurationError(
            "storage.gcs.allowed_endpoint_suffixes holds what is not the end of a host name",
            hint="Such as storage.example.org: no URL, no port.",
        )
    return suffixes


def _check_text(name: str, value: str | None, pattern: re.Pattern[str], hint: str) -> None:
    if value is not None and not pattern.fullmatch(value):
        raise ConfigurationError(f"storage.gcs.{name} does not have the form of one", hint=hint)
