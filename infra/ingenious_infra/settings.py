"""The stack's configuration, read once into a frozen and validated model."""

from __future__ import annotations

import difflib
import ipaddress
import json
from collections.abc import Iterator, Mapping, Sequence
from typing import Annotated, Any, Literal

import pulumi
from pulumi.runtime.config import CONFIG, get_config_env
from pydantic import (
    AfterValidator,
    BeforeValidator,
    ConfigDict,
    Field,
    StringConstraints,
    ValidationError,
)

from ingenious_infra.api_settings import ApiSettings, api_conflicts
from ingenious_infra.environments import ENVIRONMENTS, Environment

Sku = Literal[
    "Standard_LRS",
    "Standard_ZRS",
    "Standard_GRS",
    "Standard_RAGRS",
    "Standard_GZRS",
    "Standard_RAGZRS",
]


class SettingsError(pulumi.RunError, ValueError):
    """The configuration cannot be used: one line a key, which says what is allowed.

    As a `RunError` it ends the program without a traceback.
    """


# RFC 1918: the storage firewall takes none of it.
_PRIVATE = tuple(map(ipaddress.IPv4Network, ("10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16")))


def _decoded(value: object) -> object:
    """Read what a list or map arrives as: JSON, or plain text for a list of one."""
    if not isinstance(value, str):
        return value
    try:
        decoded = json.loads(value)
    except json.JSONDecodeError:
        return [value]
    return decoded if isinstance(decoded, list | dict) else [value]


def _public_range(value: str) -> str:
    """Return a range as the storage firewall takes it: public IPv4, one address without suffix."""
    network = ipaddress.IPv4Network(value)
    if network.prefixlen == 31 or any(network.overlaps(private) for private in _PRIVATE):
        raise ValueError("the storage firewall does not take it")
    return str(network.network_address) if network.prefixlen == 32 else str(network)


def _range(value: str) -> str:
    return str(ipaddress.IPv4Network(value))


def _pattern(pattern: str) -> StringConstraints:
    return StringConstraints(pattern=pattern)


_GUID = r"^[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}$"
_SUBNET = (
    r"^/subscriptions/[^/]+/resourceGroups/[^/]+/providers/Microsoft\.Network"
    r"/virtualNetworks/[^/]+/subnets/[^/]+$"
)
ContainerName = Annotated[
    str, StringConstraints(min_length=3, max_length=63), _pattern(r"^[a-z0-9]+(-[a-z0-9]+)*$")
]
ObjectIds = Annotated[tuple[Annotated[str, _pattern(_GUID)], ...], BeforeValidator(_decoded)]
Ranges = Annotated[
    tuple[Annotated[str, AfterValidator(_public_range)], ...], BeforeValidator(_decoded)
]
Cidr = Annotated[str, AfterValidator(_range)]
Days = Annotated[int, Field(ge=1, le=365)]

_CONTAINER = "3 to 63 lower-case letters, digits and single hyphens"
_RANGES = "a JSON list of public IPv4 addresses or CIDR ranges up to /30, as 203.0.113.0/24"
_IDS = "a JSON list of object ids, as 00000000-0000-0000-0000-000000000000"
_BOOL = "true or false"


class Settings(ApiSettings):
    """Everything that a stack may choose; a description says which values are allowed."""

    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True)

    environment: Literal["dev", "test", "prod"] = Field(description="dev, test or prod")
    location: Annotated[str, _pattern(r"^[a-z][a-z0-9]+$")] = Field(
        "australiaeast", description="an Azure region's name, as australiaeast"
    )
    name: Annotated[str, _pattern(r"^[a-z][a-z0-9-]{0,12}[a-z0-9]$")] = Field(
        "ingenious", description="2 to 14 lower-case letters, digits and hyphens"
    )
    account_name: Annotated[str, _pattern(r"^[a-z0-9]{3,24}$")] | None = Field(
        None, description="3 to 24 lower-case letters and digits"
    )
    container_data: ContainerName = Field("ingenious-data", description=_CONTAINER)
    container_revisions: ContainerName = Field("ingenious-revisions", description=_CONTAINER)
    tags: Annotated[dict[str, str], BeforeValidator(_decoded)] = Field(
        default_factory=dict, description="a JSON object of text to text"
    )
    ephemeral: bool = Field(default=False, description=_BOOL)

    allowed_ips: Ranges = Field((), description=_RANGES)
    subnet_id: Annotated[str, _pattern(_SUBNET)] | None = Field(
        None, description="a subnet's full resource id"
    )
    vnet_cidr: Cidr | None = Field(None, description="a CIDR range, as 10.40.0.0/24")
    subnet_cidr: Cidr | None = Field(None, description="a CIDR range inside vnet_cidr")

    shared_key_access: bool = Field(default=False, description=_BOOL)
    connection_string_profile: bool = Field(default=False, description=_BOOL)
    sku: Sku = Field(description="Standard_ and one of LRS, ZRS, GRS, RAGRS, GZRS, RAGZRS")
    customer_managed_key: bool = Field(default=False, description=_BOOL)
    client_side_key: bool = Field(default=False, description=_BOOL)

    blob_retention_days: Days = Field(description="1 to 365 days")
    container_retention_days: Days = Field(description="1 to 365 days")
    point_in_time_restore_days: Annotated[int, Field(ge=1, le=364)] | None = Field(
        None, description="1 to 364 days, fewer than blob_retention_days"
    )
    version_immutability: bool = Field(default=False, description=_BOOL)
    version_immutability_days: Days = Field(30, description="1 to 365 days")

    application_principals: ObjectIds = Field((), description=_IDS)
    publisher_principals: ObjectIds = Field((), description=_IDS)
    people: ObjectIds = Field((), description=_IDS)
    ci_repository: Annotated[str, _pattern(r"^[\w.-]+/[\w.-]+$")] | None = Field(
        None, description="a GitHub repository, as owner/name"
    )
    keep_containers: bool = Field(default=False, description=_BOOL)

    alert_email: Annotated[str, _pattern(r"^[^@\s]+@[^@\s]+\.[^@\s]+$")] | None = Field(
        None, description="an e-mail address"
    )
    capacity_budget_gb: Annotated[int, Field(ge=1)] = Field(description="a whole number from 1, GB")
    log_retention_days: Annotated[int, Field(ge=30, le=730)] = Field(
        30, description="30 to 730 days"
    )

    @property
    def controls(self) -> Environment:
        """What the environment fixes."""
        return ENVIRONMENTS[self.environment]

    @property
    def has_subnet(self) -> bool:
        """Whether a subnet is given, or ranges to make one."""
        return self.subnet_id is not None or self.vnet_cidr is not None

    @property
    def protected(self) -> bool:
        """Whether the account is locked and Pulumi refuses to delete it."""
        return self.controls.locked and not self.ephemeral

    @classmethod
    def read(cls, config: pulumi.Config) -> Settings:
        """Read the stack's configuration; raises `SettingsError` with every bad key."""
        return cls.parse(_configured(config), prefix=f"{config.name}:")

    @classmethod
    def parse(cls, values: Mapping[str, object], *, prefix: str = "") -> Settings:
        """Check `values` on top of the environment's defaults; raises `SettingsError`."""
        try:
            settings = cls.model_validate({**_defaults(values.get("environment")), **values})
        except ValidationError as error:
            problems = [_explain(details) for details in error.errors(include_url=False)]
            raise _refusal(problems, prefix) from None
        if problems := list(_conflicts(settings)):
            raise _refusal(problems, prefix)
        return settings


def _configured(config: pulumi.Config) -> dict[str, object]:
    """Return every key of the project's namespace, so that an unknown one can be told."""
    prefix = f"{config.name}:"
    everything = {**(get_config_env() or {}), **CONFIG.get()}
    names = {name.removeprefix(prefix) for name in everything if name.startswith(prefix)}
    values = {name: config.get(name) for name in sorted(names | set(Settings.model_fields))}
    return {name: value for name, value in values.items() if value is not None}


def _defaults(environment: object) -> dict[str, Any]:
    chosen = ENVIRONMENTS.get(str(environment), ENVIRONMENTS["prod"])
    names = ("sku", "blob_retention_days", "container_retention_days", "capacity_budget_gb")
    return {name: getattr(chosen, name) for name in names}


def _refusal(problems: Sequence[str], prefix: str) -> SettingsError:
    return SettingsError("\n".join(f"{prefix}{problem}" for problem in problems))


def _explain(details: Any) -> str:
    key = str(details["loc"][0])
    if details["type"] == "extra_forbidden":
        near = difflib.get_close_matches(key, Settings.model_fields, n=1, cutoff=0.5)
        names = sorted(Settings.model_fields, key=ApiSettings.model_fields.__contains__)
        known = f"did you mean {near[0]}?" if near else f"known: {', '.join(names)}"
        return f"{key} is not a key; {known}"
    allowed = Settings.model_fields[key].description
    if details["type"] == "missing":
        return f"{key} is not set; allowed: {allowed}"
    return f"{key} is {details['input']!r}; allowed: {allowed}"


def _conflicts(settings: Settings) -> Iterator[str]:
    """Tell which keys do not go together."""
    yield from _data_conflicts(settings)
    yield from _network_conflicts(settings)
    yield from api_conflicts(
        settings,
        environment=settings.environment,
        vnet_cidr=settings.vnet_cidr,
        subnet_cidr=settings.subnet_cidr,
    )
    if settings.connection_string_profile and not settings.shared_key_access:
        yield (
            "connection_string_profile is true while shared_key_access is false; "
            "allowed: shared_key_access true, or connection_string_profile false"
        )
    if settings.controls.needs_alert_email and settings.alert_email is None:
        yield f"alert_email is not set; {settings.environment} needs an e-mail address"
    if settings.container_data == settings.container_revisions:
        yield "container_revisions is the same as container_data; allowed: another name"
    if reserved := settings.tags.keys() & RESERVED_TAGS:
        yield f"tags sets {', '.join(sorted(reserved))}; allowed: tags of your own"


def _data_conflicts(settings: Settings) -> Iterator[str]:
    restore, retention = settings.point_in_time_restore_days, settings.blob_retention_days
    if restore is not None and restore >= retention:
        yield (
            f"point_in_time_restore_days is {restore}; "
            f"allowed: fewer than blob_retention_days, which is {retention}"
        )
    if settings.version_immutability and restore is not None:
        yield (
            "version_immutability is true while point_in_time_restore_days is set; "
            "allowed: one of the two, Azure excludes them together"
        )
    if settings.version_immutability and settings.environment != "prod":
        yield f"version_immutability is true; allowed in prod only, not in {settings.environment}"


def _network_conflicts(settings: Settings) -> Iterator[str]:
    if settings.controls.needs_subnet and not settings.has_subnet:
        yield (
            f"subnet_id is not set; {settings.environment} needs a subnet's full resource id, "
            "or vnet_cidr and subnet_cidr to make one"
        )
    if settings.subnet_id is not None and settings.vnet_cidr is not None:
        yield "vnet_cidr is set beside subnet_id; allowed: one of the two"
    if (settings.vnet_cidr is None) != (settings.subnet_cidr is None):
        missing = "vnet_cidr" if settings.vnet_cidr is None else "subnet_cidr"
        yield f"{missing} is not set; allowed: both vnet_cidr and subnet_cidr, or neither"
    elif settings.vnet_cidr is not None and settings.subnet_cidr is not None:
        network = ipaddress.IPv4Network(settings.vnet_cidr)
        if not ipaddress.IPv4Network(settings.subnet_cidr).subnet_of(network):
            yield f"subnet_cidr is {settings.subnet_cidr}; allowed: a range inside {network}"


RESERVED_TAGS = frozenset({"environment", "workload", "stack", "managed-by", "ephemeral"})
