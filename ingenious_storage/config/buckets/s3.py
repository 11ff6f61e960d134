"""S3 settings: the section `storage.s3:`, and the one account that it means.

The containers are buckets. AWS's own variables (`AWS_PROFILE`, `AWS_ACCESS_KEY_ID`, ...) are read
by botocore, and only where no key is given here.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import ClassVar, Final, Literal

from pydantic import SecretStr

from ingenious_storage.config.buckets.endpoint import check_endpoint
from ingenious_storage.config.section import StoreSettings
from ingenious_storage.errors import ConfigurationError
from ingenious_storage.http.trust import BY_ENVIRONMENT, Trust
from ingenious_storage.runtime.unpickled import Value

AddressingStyle = Literal["auto", "path", "virtual"]
"""Where the bucket stands in a URL: in its path, or before the host."""

_REGION: Final = re.compile(r"[a-z0-9-]{1,64}")
_PROFILE: Final = re.compile(r"[^\x00-\x1f\x7f]{1,256}")
_KEY_ID: Final = re.compile(r"[!-.0-~]{1,256}")  # the scope of a signature is split at "/"
_PRINTABLE: Final = re.compile(r"[!-~]+")
_EXAMPLE: Final = "https://ACCOUNT.r2.cloudflarestorage.com or http://127.0.0.1:9000"


@dataclass(frozen=True, slots=True)
class S3Account(Value):
    """One service of S3, and who asks there; hashable, so that it can be shared by."""

    endpoint: str | None = None
    """The URL without a bucket and without a slash at its end; None for AWS's own."""
    region: str | None = None
    """None: AWS_REGION, AWS_DEFAULT_REGION, the profile's; elsewhere than at AWS `us-east-1`."""
    addressing_style: AddressingStyle = "auto"
    profile: str | None = None
    access_key_id: str | None = None
    """With `secret_access_key`; without both botocore finds out who asks."""
    secret_access_key: SecretStr | None = None
    session_token: SecretStr | None = None
    timeout: float = 30.0
    """Seconds for a call, besides what its bodies take."""
    trust: Trust = BY_ENVIRONMENT
    """By `storage.http`."""


class S3Settings(StoreSettings):
    """`storage.s3:`, AWS or a service that speaks S3, and how to sign in to it."""

    store: ClassVar[str] = "s3"
    reads_environment: ClassVar[bool] = True

    region: str | None = None
    endpoint: str | None = None
    addressing_style: AddressingStyle = "auto"
    profile: str | None = None
    access_key_id: str | None = None
    secret_access_key: SecretStr | None = None
    session_token: SecretStr | None = None
    allow_http: bool = False

    def place(self) -> str:
        """The URL of the service."""
        return resolve_s3(self).endpoint or "https://s3.amazonaws.com"

    def check(self) -> None:
        """Check that they mean one service and one credential."""
        resolve_s3(self)


def resolve_s3(settings: S3Settings, *, timeout: float = 30.0) -> S3Account:
    """Decide which service `settings` mean and how to sign in to it; no I/O.

    `timeout` is in seconds, for a call.

    Raises: ConfigurationError naming the keys that are missing, malformed or contradictory.
    """
    endpoint = None
    if settings.endpoint is not None:
        endpoint = check_endpoint(
            settings.endpoint,
            section="storage.s3",
            example=_EXAMPLE,
            allow_http=settings.allow_http,
        )
    _check_text("region", settings.region, _REGION, "Such as eu-central-1, or auto for R2.")
    _check_text("profile", settings.profile, _PROFILE, "The name of a profile in ~/.aws/config.")
    _check_credential(settings)
    return S3Account(
        endpoint=endpoint,
        region=settings.region,
        addressing_style=settings.addressing_style,
        profile=settings.profile,
        access_key_id=settings.access_key_id,
        secret_access_key=settings.secret_access_key,
        session_token=settings.session_token,
        timeout=timeout,
    )


def _check_text(name: str, value: str | None, pattern: re.Pattern[str], hint: str) -> None:
    if value is not None and not pattern.fullmatch(value):
        raise ConfigurationError(f"storage.s3.{name} does not have the form of one", hint=hint)


def _check_credential(settings: S3Settings) -> None:
    secret, token = settings.secret_access_key, settings.session_token
    _check_text(
        "access_key_id", settings.access_key_id, _KEY_ID, "Such as AKIA and 16 more characters."
    )
    for name, value in (("secret_access_key", secret), ("session_token", token)):
        text = None if value is None else value.get_secret_value()
        _check_text(name, text, _PRINTABLE, "Printable ASCII without spaces: was it cut or quoted?")
    if (settings.access_key_id is None) is not (secret is None):
        raise ConfigurationError(
            "storage.s3.access_key_id and storage.s3.secret_access_key go together",
            hint="Set both, or neither: then botocore looks for a profile, a role or a machine's "
            "identity.",
        )
    if token is not None and secret is None:
        raise ConfigurationError(
            "storage.s3.session_token is set without the key that it belongs to",
            hint="Set storage.s3.access_key_id and storage.s3.secret_access_key too.",
        )
    if settings.profile is not None and secret is not None:
        raise ConfigurationError(
            "storage.s3.profile and storage.s3.access_key_id contradict each other",
            hint="Remove one of them: a profile says itself which key to use.",
        )
