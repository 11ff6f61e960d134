"""API settings: the `api:` section, checked and frozen."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated, Final, Literal, Self
from urllib.parse import urlsplit

from pydantic import AfterValidator, BeforeValidator, Field, SecretStr, model_validator

from ingenious_storage.config.api.access import ApiKeys, Grants
from ingenious_storage.config.azure.endpoint import is_loopback
from ingenious_storage.config.section import Seconds, Section, words
from ingenious_storage.errors import ConfigurationError

Algorithm = Literal[
    "RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512", "EdDSA"
]
"""Signatures whose verifier cannot make them; so `none` and HS256 are never taken."""

_OF_TOKENS: Final = ("audience", "jwks_url", "roles", "client_id", "client_secret")


def _web_address(value: str) -> str:
    """An address that nobody on the way can change."""
    if (
        not value.isascii()
        or any(c.isspace() or c in "@?#\\" for c in value)
        or not _is_private(value)
    ):
        raise ConfigurationError(
            "not an https URL",
            hint="Such as https://login.example.com/tenant; http is for this machine alone.",
        )
    return value


def _is_private(value: str) -> bool:
    try:
        parts = urlsplit(value)
        host, _ = parts.hostname or "", parts.port
    except ValueError:
        return False
    if parts.scheme == "http":
        return is_loopback(host)
    return parts.scheme == "https" and bool(host)


def _origin(value: str) -> str:
    _web_address(value)
    parts = urlsplit(value)
    if parts.path or value != value.lower():
        raise ConfigurationError(
            "not an origin", hint="Scheme, host and port in small letters: https://app.example.com."
        )
    return value


WebAddress = Annotated[str, AfterValidator(_web_address)]
Origin = Annotated[str, AfterValidator(_origin)]


class ApiSettings(Section):
    """What `ingenious_ops.serving.create_app` serves. Times are in seconds, sizes in bytes."""

    max_body_bytes: int = Field(default=32 * 1024 * 1024, ge=1)
    """The most that one request may send."""
    max_connections: int = Field(default=1024, ge=8, le=65_536)
    """How many clients `serve` holds at once, as far as file descriptors go."""
    body_timeout: Seconds = 30.0
    """In which the body of a request has to arrive."""
    request_timeout: Seconds = 60.0
    """In which an answer has to begin."""
    shutdown_timeout: Annotated[int, Field(ge=1, le=3600)] = 20
    """For which `serve` waits for the requests under way when it is told to end."""
    original_templates: str = Field(default="quickstart-1", min_length=1)
    """The prompt set that `POST /api/v1/revisions/create` copies, as the framework names it."""
    issuer: WebAddress | None = None
    """Whose tokens are taken, exactly as their `iss` says it."""
    audience: Annotated[tuple[str, ...], BeforeValidator(words)] = ()
    """For whom tokens are made; one of these has to be in their `aud`."""
    algorithms: Annotated[tuple[Algorithm, ...], BeforeValidator(words), Field(min_length=1)] = (
        "RS256",
        "ES256",
    )
    jwks_url: WebAddress | None = None
    """Where the issuer's keys are; None: where its discovery document says."""
    name_claim: Annotated[tuple[str, ...], BeforeValidator(words), Field(min_length=1)] = ("sub",)
    """The claim that names people as authors; of several the first that a token has."""
    roles_claim: str = Field(default="roles", min_length=1)
    """The claim whose values are looked up in `roles`; dots lead into objects."""
    roles: Grants = Field(default_factory=dict)
    keys: ApiKeys = Field(default_factory=dict)
    client_id: str | None = Field(default=None, min_length=1)
    """As whom the console sends people to the issuer to sign in; None: it does not."""
    client_secret: SecretStr | None = None
    session_secret: SecretStr | None = None
    """Seals the console's sessions; None: made at each start, so that they end with the process."""
    session_hours: float = Field(default=8.0, gt=0, le=24 * 30, allow_inf_nan=False)
    cors_origins: Annotated[tuple[Origin, ...], BeforeValidator(words)] = ()
    """Whose pages may call the API from a browser; empty: none."""

    @property
    def is_open(self) -> bool:
        """Whether nobody has to say who they are."""
        return self.issuer is None and not self.keys

    @model_validator(mode="after")
    def _check(self) -> Self:
        for problem, hint in self._problems():
            raise ConfigurationError(problem, hint=hint)
        return self

    def _problems(self) -> Iterator[tuple[str, str]]:
        if self.issuer is None:
            for key in _OF_TOKENS:
                if getattr(self, key):
                    yield f"api.{key} is set without api.issuer", "Name the issuer of the tokens."
        else:
            if not self.audience:
                hint = "Name this API as the issuer does; else tokens for any other would do."
                yield "api.audience is missing, and api.issuer needs it", hint
            if not self.roles:
                hint = "Say what a value of the claim grants, such as `Storage.Reader: reader`."
                yield "api.roles is missing, so tokens of api.issuer would grant nothing", hint
        if self.client_secret is not None and self.client_id is None:
            yield "api.client_secret is set without api.client_id", "Set both, or neither."
        secret = self.session_secret
        if secret is not None and len(secret.get_secret_value()) < 32:
            hint = "At least 32 characters: `openssl rand -base64 32` makes one."
            yield "api.session_secret is too short to be one", hint
