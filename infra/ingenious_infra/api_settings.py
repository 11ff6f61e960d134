"""The keys of the opt-in API on Container Apps: `api_*` of the stack's configuration."""

from __future__ import annotations

import ipaddress
import json
from collections.abc import Iterator
from typing import Annotated, Final, Literal

from pydantic import BaseModel, BeforeValidator, Field, StringConstraints

_HTTPS = Annotated[str, StringConstraints(pattern=r"^https://[^\s/?#@]+(/[^\s?#]*)?$")]
_LARGEST = 27
"""The smallest subnet that a Container Apps environment with workload profiles takes."""


_ROLES: Final[dict[str, Literal["reader", "editor", "admin"]]] = {
    "Storage.Reader": "reader",
    "Storage.Editor": "editor",
    "Storage.Admin": "admin",
}


def _map(value: object) -> object:
    return json.loads(value) if isinstance(value, str) else value


class ApiSettings(BaseModel):
    """Whether the API runs, and who may use it; a description says which values are allowed."""

    api_image: Annotated[
        str, StringConstraints(pattern=r"^[^\s:@]+(:\d+)?(/[^\s:@]+)*[:@]\S+$")
    ] | (None) = Field(
        None, description="a container image with its tag or digest, as NAME.azurecr.io/api:1.0"
    )
    api_issuer: _HTTPS | None = Field(
        None, description="the https URL of an OIDC issuer, as its tokens have it"
    )
    api_audience: Annotated[str, StringConstraints(pattern=r"^\S+$")] | None = Field(
        None,
        description="the audience of the tokens, as api://00000000-0000-0000-0000-000000000000",
    )
    api_roles: Annotated[
        dict[str, Literal["reader", "editor", "admin"]], BeforeValidator(_map), Field(min_length=1)
    ] = Field(
        default_factory=lambda: dict(_ROLES),
        description="a JSON object of values of the token's roles to reader, editor or admin",
    )
    api_environment: Annotated[dict[str, str], BeforeValidator(_map)] = Field(
        default_factory=dict, description="a JSON object of INGENIOUS_ variables, text to text"
    )
    api_session_secret_uri: _HTTPS | None = Field(
        None, description="a secret of Key Vault, as https://NAME.vault.azure.net/secrets/NAME"
    )
    api_subnet_id: Annotated[
        str, StringConstraints(pattern=r"^/subscriptions/.+/subnets/[^/]+$")
    ] | (None) = Field(
        None, description="a subnet's full resource id, delegated to Microsoft.App/environments"
    )
    api_subnet_cidr: str | None = Field(
        None, description="a CIDR range inside vnet_cidr, up to /27"
    )
    api_public: bool = Field(default=False, description="true or false")
    api_edits_prompts: bool = Field(default=False, description="true or false")

    @property
    def has_api(self) -> bool:
        """Whether the API runs at all."""
        return self.api_image is not None

    @property
    def has_console(self) -> bool:
        """Whether the console is there: replicas share its sessions by a secret."""
        return self.api_session_secret_uri is not None


def api_conflicts(
    settings: ApiSettings, *, environment: str, vnet_cidr: str | None, subnet_cidr: str | None
) -> Iterator[str]:
    """Tell which keys do not go together."""
    if not settings.has_api:
        for name in sorted(settings.model_fields_set & ApiSettings.model_fields.keys()):
            yield f"{name} is set without api_image; allowed: both, or neither"
        return
    for name in ("api_issuer", "api_audience"):
        if getattr(settings, name) is None:
            yield f"{name} is not set; the API serves nobody whose token it cannot check"
    if settings.api_public and environment == "prod":
        yield "api_public is true; allowed in dev and test: in prod a gateway stands in front"
    secrets = [name for name in settings.api_environment if not name.startswith("INGENIOUS_")]
    if secrets:
        yield f"api_environment has {secrets[0]}; allowed: names that begin with INGENIOUS_"
    yield from _subnet_conflicts(settings, vnet_cidr, subnet_cidr)


def _subnet_conflicts(
    settings: ApiSettings, vnet_cidr: str | None, subnet_cidr: str | None
) -> Iterator[str]:
    given, made = settings.api_subnet_id, settings.api_subnet_cidr
    if (given is None) == (made is None):
        yield (
            "api_image is set; allowed: with one of api_subnet_id and api_subnet_cidr, since the "
            "account admits networks only"
        )
    if made is None:
        return
    try:
        subnet = ipaddress.IPv4Network(made)
    except ValueError:
        yield f"api_subnet_cidr is {made!r}; allowed: a CIDR range inside vnet_cidr, up to /27"
        return
    if vnet_cidr is None or not subnet.subnet_of(ipaddress.IPv4Network(vnet_cidr)):
        yield f"api_subnet_cidr is {made}; allowed: a range inside vnet_cidr, which is {vnet_cidr}"
    elif subnet_cidr is not None and subnet.overlaps(ipaddress.IPv4Network(subnet_cidr)):
        yield f"api_subnet_cidr is {made}; allowed: a range beside subnet_cidr, {subnet_cidr}"
    elif subnet.prefixlen > _LARGEST:
        yield f"api_subnet_cidr is {made}; allowed: /27 or larger"
