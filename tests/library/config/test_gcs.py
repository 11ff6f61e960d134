"""The section `storage.gcs:`, and the service and credential that it means."""

from __future__ import annotations

from pathlib import Path

import pytest

from ingenious_storage.config import explain
from ingenious_storage.config.buckets.gcs import GOOGLE, GcsAccount
from tests.library.config.conftest import Load
from tests.library.config.refusals import CANARY, refused


def test_nothing_is_needed(load: Load) -> None:
    settings = load(config="storage: {type: gcs}").storage
    assert settings.gcs_account() == GcsAccount()
    assert settings.store.place() == GOOGLE == "https://storage.googleapis.com"
    assert not settings.gcs_account().is_anonymous


def test_all_of_it(load: Load) -> None:
    settings = load(
        config="storage: {type: gcs, timeout: 7, gcs: {project: agents-prod, location: EU,"
        " user_project: 'example.com:payer', credentials_file: ~/key.json,"
        " endpoint: 'https://STORAGE.eu.rep.googleapis.com/'}}"
    ).storage
    assert settings.gcs_account() == GcsAccount(
        "https://storage.eu.rep.googleapis.com",
        "agents-prod",
        "EU",
        "example.com:payer",
        Path("~/key.json").expanduser(),
        timeout=7,
    )


@pytest.mark.parametrize(
    ("keys", "is_anonymous"),
    [
        ("endpoint: 'http://127.0.0.1:4443'", True),
        ("endpoint: 'http://emulator:4443', allow_http: true", True),
        ("anonymous: true", True),
        ("endpoint: 'https://emulator', anonymous: true", True),
        ("endpoint: 'https://localhost:4443'", False),
        (
            "endpoint: 'https://a.b.example', allowed_endpoint_suffixes: .B.example",
            False,
        ),
        ("endpoint: 'https://storage-x.p.googleapis.com', anonymous: false", False),
    ],
)
def test_who_is_anonymous(load: Load, keys: str, is_anonymous: bool) -> None:
    account = load(config=f"storage: {{type: gcs, gcs: {{{keys}}}}}").storage.gcs_account()
    assert account.is_anonymous == is_anonymous


@pytest.mark.parametrize(
    ("keys", "expected"),
    [
        (f"endpoint: 'https://user:{CANARY}@host'", "is not the URL of a service"),
        ("endpoint: 'gs://bucket'", "is not the URL of a service"),
        ("endpoint: 'http://emulator:4443'", "uses http, and emulator is not this"),
        ("endpoint: 'https://evil.example'", "evil.example is not a host of Google"),
        ("endpoint: 'https://evilgoogleapis.com'", "evilgoogleapis.com is not a host of Google"),
        (
            "endpoint: 'https://a', allowed_endpoint_suffixes: ['https://a']",
            "what is not the end of",
        ),
        ("endpoint: 'http://127.0.0.1:1', anonymous: false", "is false, and storage.gcs.endpoint"),
        ("endpoint: 'http://127.0.0.1:1', credentials_file: a", "contradict each other"),
        ("anonymous: true, credentials_file: a", "contradict each other"),
        ("project: 'a b'", "storage.gcs.project (config.yml:1) does not have the form of one"),
        (
            "location: 'europe/west'",
            "storage.gcs.location (config.yml:1) does not have the form of one",
        ),
        (
            'user_project: "a\\nb"',
            "storage.gcs.user_project (config.yml:1) does not have the form of one",
        ),
    ],
)
def test_what_is_refused(load: Load, keys: str, expected: str) -> None:
    config = f"storage: {{type: gcs, gcs: {{{keys}}}}}"
    refused(lambda: load(config=config), expected)


def test_a_section_that_is_not_chosen_is_not_checked(load: Load) -> None:
    environ = {"STORAGE_EMULATOR_HOST": "s p a c e"}
    found = load(config="storage: {gcs: {project: 'a b'}}", environ=environ)
    assert found.storage.type == "local"


@pytest.mark.parametrize("value", ["http://127.0.0.1:4443", "127.0.0.1:4443"])
def test_the_variable_of_emulators_counts_where_nobody_says_otherwise(
    load: Load, value: str
) -> None:
    environ = {"STORAGE_EMULATOR_HOST": value}
    found = load(config="storage: {type: gcs}", environ=environ)
    assert found.storage.gcs_account().endpoint == "http://127.0.0.1:4443"
    lines = {line.key: line.origin for line in explain(found)}
    assert lines["storage.gcs.endpoint"] == "STORAGE_EMULATOR_HOST"
    config = f"storage: {{type: gcs, gcs: {{endpoint: '{GOOGLE}'}}}}"
    found = load(config=config, environ=environ)
    assert found.storage.gcs_account() == GcsAccount()


@pytest.mark.parametrize("value", ["", "  "])
def test_an_empty_variable_of_emulators_says_nothing(load: Load, value: str) -> None:
    found = load(config="storage: {type: gcs}", environ={"STORAGE_EMULATOR_HOST": value})
    assert found.storage.gcs_account().endpoint == GOOGLE


def test_it_may_stand_in_a_dotenv(load: Load) -> None:
    found = load(config="storage: {type: gcs}", dotenv="STORAGE_EMULATOR_HOST=localhost:4443\n")
    assert found.storage.gcs_account().endpoint == "http://localhost:4443"
    refused(
        lambda: load(environ={"STORAGE_EMULATOR_HOST": "http://far:1"}),
        "storage.gcs.endpoint (STORAGE_EMULATOR_HOST) uses http, and far is not this machine",
    )
