"""`api:`: who may use the HTTP API, in tables whose names are the reader's own."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

import pytest

from ingenious_storage.config import ApiKey, ApiSettings, Grant, explain
from tests.library.config.conftest import Load
from tests.library.config.refusals import CANARY, refused

DIGEST = "a" * 64
OTHER = "b" * 64
KEYS = f"""
api:
  keys:
    ci: {{sha256: {DIGEST}, role: editor, containers: [data], expires: 2027-01-31}}
    lab.2:
      sha256: {OTHER}
      role: reader
"""


def test_a_file_holds_keys_by_their_names(load: Load) -> None:
    keys = load(config=KEYS).api.keys
    ci = ApiKey(
        sha256=DIGEST,
        role="editor",
        containers=("data",),
        expires=datetime(2027, 1, 31, tzinfo=UTC),
    )
    assert keys == {"ci": ci, "lab.2": ApiKey(sha256=OTHER, role="reader")}
    assert keys["lab.2"].containers == ("data", "revisions")


def test_a_variable_holds_a_table_as_json(load: Load) -> None:
    said = {"ci": {"sha256": DIGEST, "role": "editor", "containers": ["data"]}}
    settings = load(environ={"INGENIOUS_API__KEYS": json.dumps(said)})
    assert settings.api.keys == {"ci": ApiKey(sha256=DIGEST, role="editor", containers=("data",))}


def test_a_table_of_a_profile_stands_for_the_whole(load: Load) -> None:
    mine = f"profiles: {{p: {{api: {{keys: {{mine: {{sha256: {OTHER}, role: admin}}}}}}}}}}"
    assert [*load("p", config=KEYS.replace(OTHER, "c" * 64), profiles=mine).api.keys] == ["mine"]
    assert not load("p", config=KEYS, profiles="profiles: {p: {api: {keys: }}}").api.keys


def test_a_value_of_a_table_may_name_a_variable(load: Load) -> None:
    text = KEYS.replace(DIGEST, '"${CI_DIGEST}"')
    assert load(config=text, environ={"CI_DIGEST": DIGEST}).api.keys["ci"].sha256 == DIGEST


def test_a_role_alone_is_one_in_both_containers(load: Load) -> None:
    settings = load(
        config="""
api:
  issuer: https://login.example/t
  audience: storage, other
  roles: {readers: reader, Storage.Write: {role: editor, containers: revisions}}
"""
    )
    assert settings.api.audience == ("storage", "other")
    assert settings.api.roles == {
        "readers": Grant(role="reader"),
        "Storage.Write": Grant(role="editor", containers=("revisions",)),
    }


def test_explain_says_what_a_key_may_do_and_not_its_digest(load: Load) -> None:
    shown = {line.key: line for line in explain(load(config=KEYS))}["api.keys"]
    assert shown.value == (
        "ci: editor of data until 2027-01-31T00:00:00+00:00, lab.2: reader of data and revisions"
    )
    assert shown.origin == "config.yml:3"
    assert DIGEST not in repr(load(config=KEYS).api)


@pytest.mark.parametrize(
    ("table", "expected"),
    [
        (
            f"ci: {{sha256: {DIGEST}, role: owner}}",
            "ci.role: must be 'reader', 'editor' or 'admin'",
        ),
        (f"ci: {{sha256: {CANARY}, role: reader}}", "ci.sha256: not a SHA-256 digest"),
        (f"ci: {{sha256: {DIGEST}}}", "ci.role"),
        (f"ci: {{sha256: {DIGEST}, role: reader, rle: x}}", "ci.rle"),
        (f"ci: {{sha256: {DIGEST}, role: reader, containers: []}}", "ci.containers: no container"),
        (f"ci: {{sha256: {DIGEST}, role: reader, containers: logs}}", "ci.containers: must be"),
        (f"ci: {{sha256: {DIGEST}, role: reader, expires: soon}}", "ci.expires"),
        (f"'a b': {{sha256: {DIGEST}, role: reader}}", "a name that cannot be an author"),
        (
            f"a: {{sha256: {DIGEST}, role: reader}}, b: {{sha256: {DIGEST}, role: reader}}",
            "two names have the same key",
        ),
        (f"isk_{CANARY * 3}: {{sha256: {DIGEST}}}", "Field required"),
        (f"ci: {CANARY}", "ci.role"),
    ],
    ids=range(11),
)
def test_a_bad_key_is_named_and_found(load: Load, table: str, expected: str) -> None:
    refused(
        lambda: load(config=f"api:\n  keys: {{{table}}}\n"), "api.keys (config.yml:2)", expected
    )


@pytest.mark.parametrize("text", [CANARY, "[]", '{"a": {}, "a": {}}', '{"a": '], ids=range(4))
def test_a_variable_that_is_no_table_is_refused(load: Load, text: str) -> None:
    refused(
        lambda: load(environ={"INGENIOUS_API__KEYS": text}),
        "api.keys (INGENIOUS_API__KEYS): not a table",
    )


@pytest.mark.parametrize("text", ["[a, b]", "word"])
def test_a_file_that_holds_no_table_is_refused(load: Load, text: str) -> None:
    refused(lambda: load(config=f"api:\n  keys: {text}\n"), "api.keys (config.yml:2)", "table")


TOKENS = {"issuer": "https://login.example/t", "audience": "me", "roles": {"a": "reader"}}


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ({"audience": "me"}, "api.audience (argument) is set without api.issuer"),
        ({"roles": {"a": "reader"}}, "api.roles (argument) is set without api.issuer"),
        ({"client_id": "x"}, "api.client_id (argument) is set without api.issuer"),
        ({**TOKENS, "audience": None}, "api.audience is missing"),
        ({**TOKENS, "roles": {}}, "api.roles (argument) is missing"),
        ({**TOKENS, "client_secret": CANARY}, "api.client_secret (argument) is set without"),
        ({**TOKENS, "algorithms": "HS256"}, "api.algorithms (argument): must be 'RS256'"),
        ({**TOKENS, "algorithms": "none"}, "api.algorithms (argument): must be 'RS256'"),
        ({**TOKENS, "issuer": "http://login.example"}, "api.issuer (argument): not an https URL"),
        ({**TOKENS, "issuer": f"https://u:{CANARY}@x.example"}, "not an https URL"),
        ({**TOKENS, "issuer": "https://x.example?a=b"}, "not an https URL"),
        ({**TOKENS, "issuer": "https://[x"}, "not an https URL"),
        ({**TOKENS, "jwks_url": "ftp://x.example"}, "api.jwks_url (argument): not an https URL"),
        ({"session_secret": CANARY}, "api.session_secret (argument) is too short"),
        ({"session_hours": 0}, "api.session_hours (argument)"),
        ({"session_hours": "nan"}, "api.session_hours (argument)"),
        ({"cors_origins": "*"}, "api.cors_origins (argument): not an https URL"),
        ({"cors_origins": "https://a.example/"}, "api.cors_origins (argument): not an origin"),
        ({"cors_origins": "https://A.example"}, "api.cors_origins (argument): not an origin"),
        ({"name_claim": ()}, "api.name_claim (argument)"),
    ],
    ids=range(20),
)
def test_what_cannot_be_meant_is_refused(load: Load, given: dict[str, Any], expected: str) -> None:
    overrides = {f"api.{name}": value for name, value in given.items()}
    refused(lambda: load(overrides=overrides), expected)


def test_a_variable_that_is_misspelt_is_an_error(load: Load) -> None:
    refused(lambda: load(environ={"INGENIOUS_API__KEYZ": "{}"}), "INGENIOUS_API__KEYZ")
    refused(lambda: load(environ={"INGENIOUS_API_KEYS": "{}"}), "INGENIOUS_API_KEYS")


def test_nobody_has_to_say_who_they_are_by_default(load: Load) -> None:
    assert ApiSettings().is_open
    assert not load(config=KEYS).api.is_open
    assert not load(overrides={f"api.{key}": value for key, value in TOKENS.items()}).api.is_open


def test_http_is_for_loopback() -> None:
    for host in ("127.0.0.1:8080", "localhost", "[::1]:1"):
        assert ApiSettings.model_validate({**TOKENS, "issuer": f"http://{host}/t"}).issuer
