"""A bad value names its key and what is allowed, before any resource is registered."""

from __future__ import annotations

import typing
from typing import Any

import pytest

from tests.infra.conftest import API, Recorder

_KEY = "ingenious-storage:"

CASES: dict[str, tuple[str, dict[str, Any], str]] = {
    "capital in the account name": (
        "dev",
        {"account_name": "Ingenious1"},
        "account_name is 'Ingenious1'; allowed: 3 to 24 lower-case letters and digits",
    ),
    "25 characters in the account name": (
        "dev",
        {"account_name": "a" * 25},
        f"account_name is '{'a' * 25}'; allowed: 3 to 24 lower-case letters and digits",
    ),
    "an account name that is taken": (
        "dev",
        {"account_name": "takenaccount"},
        (
            "account_name is 'takenaccount', which is taken; allowed: a name that no account in "
            "Azure has (one that was deleted just now is free when its DNS record has expired)"
        ),
    ),
    "unknown environment": (
        "staging",
        {},
        "environment is 'staging'; allowed: dev, test or prod",
    ),
    "no CIDR": (
        "dev",
        {"allowed_ips": ["203.0.113.0/33"]},
        (
            "allowed_ips is '203.0.113.0/33'; allowed: a JSON list of public IPv4 addresses or "
            "CIDR ranges up to /30, as 203.0.113.0/24"
        ),
    ),
    "host bits in a CIDR": (
        "dev",
        {"allowed_ips": ["203.0.113.7/24"]},
        (
            "allowed_ips is '203.0.113.7/24'; allowed: a JSON list of public IPv4 addresses or "
            "CIDR ranges up to /30, as 203.0.113.0/24"
        ),
    ),
    "a private address": (
        "dev",
        {"allowed_ips": ["10.1.2.3"]},
        (
            "allowed_ips is '10.1.2.3'; allowed: a JSON list of public IPv4 addresses or "
            "CIDR ranges up to /30, as 203.0.113.0/24"
        ),
    ),
    "retention 0": (
        "dev",
        {"blob_retention_days": 0},
        "blob_retention_days is '0'; allowed: 1 to 365 days",
    ),
    "retention 400": (
        "prod",
        {"container_retention_days": 400},
        "container_retention_days is '400'; allowed: 1 to 365 days",
    ),
    "restore as long as soft delete": (
        "dev",
        {"point_in_time_restore_days": 7},
        "point_in_time_restore_days is 7; allowed: fewer than blob_retention_days, which is 7",
    ),
    "restore together with immutability": (
        "prod",
        {"point_in_time_restore_days": 6, "version_immutability": True},
        (
            "version_immutability is true while point_in_time_restore_days is set; "
            "allowed: one of the two, Azure excludes them together"
        ),
    ),
    "immutability outside prod": (
        "test",
        {"version_immutability": True},
        "version_immutability is true; allowed in prod only, not in test",
    ),
    "an API whose tokens nobody checks": (
        "dev",
        {**API, "api_issuer": None},
        "api_issuer is not set; the API serves nobody whose token it cannot check",
    ),
    "a public API in prod": (
        "prod",
        {**API, "api_public": True},
        "api_public is true; allowed in dev and test: in prod a gateway stands in front",
    ),
    "an API without a network": (
        "dev",
        {**API, "api_subnet_cidr": None},
        (
            "api_image is set; allowed: with one of api_subnet_id and api_subnet_cidr, since the "
            "account admits networks only"
        ),
    ),
    "a subnet of the API on top of the other": (
        "dev",
        {**API, "api_subnet_cidr": "10.40.0.0/26"},
        ("api_subnet_cidr is 10.40.0.0/26; allowed: a range beside subnet_cidr, 10.40.0.0/27"),
    ),
    "a subnet of the API that is too small": (
        "dev",
        {**API, "api_subnet_cidr": "10.40.0.64/28"},
        "api_subnet_cidr is 10.40.0.64/28; allowed: /27 or larger",
    ),
    "a subnet of the API that is elsewhere": (
        "dev",
        {**API, "api_subnet_cidr": "10.41.0.0/26"},
        (
            "api_subnet_cidr is 10.41.0.0/26; allowed: a range inside vnet_cidr, which is "
            "10.40.0.0/24"
        ),
    ),
    "a subnet of the API that is no range": (
        "dev",
        {**API, "api_subnet_cidr": "10.40.0.65/26"},
        "api_subnet_cidr is '10.40.0.65/26'; allowed: a CIDR range inside vnet_cidr, up to /27",
    ),
    "keys of an API that is not there": (
        "dev",
        {"api_audience": "api://agents"},
        "api_audience is set without api_image; allowed: both, or neither",
    ),
    "a role that does not exist": (
        "dev",
        {**API, "api_roles": {"Storage.Owner": "owner"}},
        (
            "api_roles is 'owner'; allowed: a JSON object of values of the token's roles to "
            "reader, editor or admin"
        ),
    ),
    "a variable of something else": (
        "dev",
        {**API, "api_environment": {"PATH": "/tmp"}},
        "api_environment has PATH; allowed: names that begin with INGENIOUS_",
    ),
    "an image without a tag": (
        "dev",
        {**API, "api_image": "acme.azurecr.io/api"},
        (
            "api_image is 'acme.azurecr.io/api'; allowed: a container image with its tag or "
            "digest, as NAME.azurecr.io/api:1.0"
        ),
    ),
    "no alert address in prod": (
        "prod",
        {"alert_email": None},
        "alert_email is not set; prod needs an e-mail address",
    ),
    "an alert address that is none": (
        "dev",
        {"alert_email": "operators"},
        "alert_email is 'operators'; allowed: an e-mail address",
    ),
    "a SKU that does not exist": (
        "dev",
        {"sku": "Standard_BOGUS"},
        "sku is 'Standard_BOGUS'; allowed: Standard_ and one of LRS, ZRS, GRS, RAGRS, GZRS, RAGZRS",
    ),
    "connection strings without shared keys": (
        "dev",
        {"connection_string_profile": True, "shared_key_access": False},
        (
            "connection_string_profile is true while shared_key_access is false; "
            "allowed: shared_key_access true, or connection_string_profile false"
        ),
    ),
    "prod without a subnet": (
        "prod",
        {"vnet_cidr": None, "subnet_cidr": None},
        (
            "subnet_id is not set; prod needs a subnet's full resource id, "
            "or vnet_cidr and subnet_cidr to make one"
        ),
    ),
    "half a network": (
        "dev",
        {"vnet_cidr": "10.40.0.0/24"},
        "subnet_cidr is not set; allowed: both vnet_cidr and subnet_cidr, or neither",
    ),
    "a subnet outside the network": (
        "prod",
        {"subnet_cidr": "10.41.0.0/27"},
        "subnet_cidr is 10.41.0.0/27; allowed: a range inside 10.40.0.0/24",
    ),
    "a subnet that is no id": (
        "dev",
        {"subnet_id": "private-endpoints"},
        "subnet_id is 'private-endpoints'; allowed: a subnet's full resource id",
    ),
    "an object id that is none": (
        "dev",
        {"people": ["ada@example.com"]},
        (
            "people is 'ada@example.com'; "
            "allowed: a JSON list of object ids, as 00000000-0000-0000-0000-000000000000"
        ),
    ),
    "a flag that is none": (
        "dev",
        {"shared_key_access": "perhaps"},
        "shared_key_access is 'perhaps'; allowed: true or false",
    ),
    "one container twice": (
        "dev",
        {"container_data": "same", "container_revisions": "same"},
        "container_revisions is the same as container_data; allowed: another name",
    ),
    "a tag of the program's": (
        "dev",
        {"tags": {"environment": "prod"}},
        "tags sets environment; allowed: tags of your own",
    ),
    "a key with a slip": (
        "dev",
        {"blob_retention_day": 7},
        "blob_retention_day is not a key; did you mean blob_retention_days?",
    ),
}


@pytest.mark.parametrize(("environment", "config", "message"), CASES.values(), ids=CASES)
def test_one_line_that_says_what_is_allowed(
    record: Recorder, environment: str, config: dict[str, Any], message: str
) -> None:
    recording = record.attempt(environment, **config)
    assert isinstance(recording.error, ValueError)
    assert str(recording.error) == _KEY + message
    assert recording.resources == []


def test_pulumi_prints_it_without_a_traceback(record: Recorder) -> None:
    import pulumi

    assert isinstance(record.attempt("dev", sku="Standard_BOGUS").error, pulumi.RunError)


def test_each_bad_key_has_its_line(record: Recorder) -> None:
    error = record.attempt("dev", blob_retention_days=0, sku="x", nonsense=1).error
    lines = str(error).splitlines()
    assert [line.split(" ")[0] for line in lines] == [
        f"{_KEY}sku",
        f"{_KEY}blob_retention_days",
        f"{_KEY}nonsense",
    ]
    assert lines[2].startswith(f"{_KEY}nonsense is not a key; known: environment, ")


def test_the_redundancies_exist() -> None:
    """Mocks check no schema, so the list is held against the SDK's own."""
    settings = pytest.importorskip("ingenious_infra.settings")
    storage = pytest.importorskip("pulumi_azure_native.storage")
    assert set(typing.get_args(settings.Sku)) <= {sku.value for sku in storage.SkuName}


@pytest.mark.parametrize(
    ("given", "read"),
    [
        ('["203.0.113.7/32", "198.51.100.0/24"]', ("203.0.113.7", "198.51.100.0/24")),
        ("203.0.113.7", ("203.0.113.7",)),
        ("[]", ()),
    ],
)
def test_a_list_is_json_or_one_plain_value(given: str, read: tuple[str, ...]) -> None:
    settings = pytest.importorskip("ingenious_infra.settings")
    parsed = settings.Settings.parse({"environment": "dev", "allowed_ips": given})
    assert parsed.allowed_ips == read


@pytest.mark.parametrize(("given", "valid"), [(1, True), (365, True), (366, False)])
def test_retention_is_a_day_to_a_year(given: int, valid: bool) -> None:
    settings = pytest.importorskip("ingenious_infra.settings")
    values = {"environment": "test", "blob_retention_days": given}
    if valid:
        assert settings.Settings.parse(values).blob_retention_days == given
    else:
        with pytest.raises(settings.SettingsError, match="allowed: 1 to 365 days"):
            settings.Settings.parse(values)


def test_the_environment_has_no_default() -> None:
    settings = pytest.importorskip("ingenious_infra.settings")
    with pytest.raises(settings.SettingsError) as raised:
        settings.Settings.parse({})
    assert str(raised.value) == "environment is not set; allowed: dev, test or prod"


def test_settings_cannot_be_changed() -> None:
    settings = pytest.importorskip("ingenious_infra.settings")
    parsed = settings.Settings.parse({"environment": "dev"})
    with pytest.raises(ValueError, match="frozen"):
        parsed.environment = "prod"
