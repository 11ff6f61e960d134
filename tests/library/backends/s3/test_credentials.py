"""Credentials: the given key, those that botocore finds, and what happens when one has ended."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Final
from weakref import WeakValueDictionary

import botocore.session
import pytest
from pydantic import SecretStr

from ingenious_storage.backends.s3.account import S3AccountHandle
from ingenious_storage.backends.s3.bucket import Bucket
from ingenious_storage.backends.s3.sign_in import credentials
from ingenious_storage.backends.s3.sign_in.credentials import (
    FoundKey,
    GivenKey,
    credentials_of,
    region_of,
)
from ingenious_storage.backends.s3.sign_in.signing import AccessKey
from ingenious_storage.config.buckets.s3 import S3Account
from ingenious_storage.errors import AuthenticationError, ConfigurationError
from tests.library.backends.s3.tiny_s3 import Answer, TinyS3
from tests.support.servers.canned import answer, canned_server

if TYPE_CHECKING:
    from collections.abc import Callable

GIVEN = S3Account(access_key_id="AKIA1", secret_access_key=SecretStr("s"))
ELSEWHERE = S3Account("https://r2.example")
EXPIRED = Answer(400, "ExpiredToken")


@pytest.fixture(autouse=True)
def no_aws(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """No key of this machine, and a home for the keys of a test."""
    for name in list(os.environ):
        if name.startswith("AWS_"):
            monkeypatch.delenv(name)
    monkeypatch.setattr(credentials, "_found", WeakValueDictionary())
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    monkeypatch.setenv("AWS_CONFIG_FILE", str(tmp_path / "config"))
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", str(tmp_path / "credentials"))
    return tmp_path


@pytest.fixture
def program(no_aws: Path) -> Callable[..., Path]:
    """Have a program give the keys, as `credential_process` of a profile: key 1, key 2, ...

    The answer is the file in which each call leaves a line.
    """

    def write(*, minutes: float = 60) -> Path:
        calls, script = no_aws / "calls", no_aws / "give.py"
        script.write_text(f"""
import datetime, json, pathlib
calls = pathlib.Path({str(calls)!r})
with calls.open("a") as file:
    file.write("x\\n")
number = len(calls.read_text().splitlines())
ends = datetime.datetime.now(datetime.UTC) + datetime.timedelta(minutes={minutes})
print(json.dumps({{"Version": 1, "AccessKeyId": f"ASIA{{number}}", "SecretAccessKey": "s",
    "SessionToken": f"token {{number}}".replace(" ", "-"), "Expiration": ends.isoformat()}}))
""")
        profile = f"[profile program]\ncredential_process = {sys.executable} {script}\n"
        (no_aws / "config").write_text(profile)
        return calls

    return write


def test_a_given_key_is_used_as_it_is(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "AKIAOTHER")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "other")
    monkeypatch.setenv("AWS_SESSION_TOKEN", "other")
    found = credentials_of(GIVEN)
    key = found.get()
    assert key == AccessKey("AKIA1", "s")
    assert found.replace(key) is key
    assert found.source == "storage.s3.access_key_id"


def test_variables(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "AKIA2")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "t")
    found = credentials_of(ELSEWHERE)
    assert found.get() == AccessKey("AKIA2", "t")
    assert found.source == "botocore: env"


def test_a_profile(no_aws: Path) -> None:
    text = (
        "[profile dev]\nregion = eu-west-3\naws_access_key_id = AKIA3\naws_secret_access_key = u\n"
    )
    (no_aws / "config").write_text(text)
    found = credentials_of(S3Account(profile="dev"))
    assert found.get() == AccessKey("AKIA3", "u")
    assert found.region() == "eu-west-3"
    assert region_of(S3Account(profile="dev"), found) == "eu-west-3"


def test_no_such_profile() -> None:
    for call in (FoundKey("nobody").get, FoundKey("nobody").region):
        with pytest.raises(ConfigurationError, match="nobody") as caught:
            call()
        assert "storage.s3.profile" in caught.value.hint


def test_no_key_anywhere() -> None:
    with pytest.raises(AuthenticationError) as caught:
        credentials_of(ELSEWHERE).get()
    assert "AWS_PROFILE" in caught.value.hint


def test_a_program_that_fails(no_aws: Path) -> None:
    (no_aws / "config").write_text(
        f"[profile p]\ncredential_process = {sys.executable} -c 'raise SystemExit(1)'\n"
    )
    with pytest.raises(AuthenticationError, match="botocore could not sign in"):
        FoundKey("p").get()


_STS: Final = (
    '<AssumeRoleWithWebIdentityResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/">'
    "<AssumeRoleWithWebIdentityResult><Credentials><AccessKeyId>ASIAX</AccessKeyId>"
    "<SecretAccessKey>key-CANARY</SecretAccessKey><SessionToken>token-CANARY</SessionToken>"
    "<Expiration>2099-01-01T00:00:00Z</Expiration></Credentials></AssumeRoleWithWebIdentityResult>"
    "</AssumeRoleWithWebIdentityResponse>"
)


@pytest.mark.parametrize("ours", [True, False])
def test_no_secret_of_a_role_is_in_the_log(
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
    caplog: pytest.LogCaptureFixture,
    *,
    ours: bool,
) -> None:
    """At DEBUG botocore writes what it asks and is told; what others ask of it is theirs to log."""
    identity = tmp_path / "token"
    identity.write_text("identity-CANARY")
    page = _STS.encode()
    reply = answer(200, headers={"Content-Type": "text/xml"}, body=page)
    with canned_server() as server, caplog.at_level("DEBUG"):
        server.replies = [reply]
        monkeypatch.setenv("AWS_ROLE_ARN", "arn:aws:iam::123456789012:role/agents")
        monkeypatch.setenv("AWS_WEB_IDENTITY_TOKEN_FILE", str(identity))
        monkeypatch.setenv("AWS_ENDPOINT_URL_STS", server.account_url.rpartition("/")[0])
        monkeypatch.setenv("AWS_REGION", "eu-west-1")
        if ours:
            assert FoundKey(None).get().id == "ASIAX"
        else:
            found = botocore.session.Session().get_credentials()
            assert found.get_frozen_credentials().access_key == "ASIAX"
    assert ("CANARY" in caplog.text) is not ours


def test_one_search_a_process(program: Callable[..., Path]) -> None:
    calls = program()
    first = credentials_of(S3Account(profile="program"))
    second = credentials_of(S3Account(profile="program", region="eu-west-1"))
    assert first is second
    assert first.get() is second.get()
    assert len(calls.read_text().splitlines()) == 1


def test_it_is_renewed_ahead_of_its_end(program: Callable[..., Path]) -> None:
    calls = program(minutes=60)
    found = FoundKey("program")
    assert found.get().id == "ASIA1"
    held = found._key._held
    assert held is not None
    assert found.ends == held.ends
    assert abs(held.ends - (datetime.now(UTC) + timedelta(minutes=60)).timestamp()) < 60
    found._key._clock = lambda: held.ends - 200
    found._found._time_fetcher = lambda: datetime.fromtimestamp(held.ends - 200, UTC)
    assert found.get().id == "ASIA2"
    assert len(calls.read_text().splitlines()) == 2


def test_doctor_sees_when_it_ends(program: Callable[..., Path]) -> None:
    program(minutes=60)
    account = S3Account("https://r2.example", profile="program")
    found = S3AccountHandle(account, "bucket").identity()
    assert found.details == ("temporary key ASIA1",)
    assert found.expires_at is not None
    assert abs(found.expires_at - datetime.now(UTC) - timedelta(hours=1)) < timedelta(minutes=1)
    assert S3AccountHandle(GIVEN, "bucket").identity().expires_at is None


def test_a_key_that_has_ended_is_replaced_and_the_request_sent_again(
    tiny: TinyS3, program: Callable[..., Path]
) -> None:
    program()
    backend = tiny.backend(access_key_id=None, secret_access_key=None, profile="program")
    tiny.answers.append(EXPIRED)
    assert backend.put("k", b"1").size == 1
    tokens = [asked.headers["x-amz-security-token"] for asked in tiny.requests]
    assert tokens == ["token-1", "token-2"]
    assert tiny.objects == {"k": b"1"}


def test_one_that_is_refused_again_is_an_error(tiny: TinyS3, program: Callable[..., Path]) -> None:
    program()
    backend = tiny.backend(access_key_id=None, secret_access_key=None, profile="program")
    tiny.answers.extend([EXPIRED, EXPIRED])
    with pytest.raises(AuthenticationError) as caught:
        backend.get("k")
    assert caught.value.service_code == "ExpiredToken"
    assert len(tiny.requests) == 2


def test_a_given_token_that_has_ended_is_an_error_at_once(tiny: TinyS3) -> None:
    tiny.answers.append(EXPIRED)
    with pytest.raises(AuthenticationError) as caught:
        tiny.backend(session_token=SecretStr("t")).get("k")
    assert len(tiny.requests) == 1
    assert "temporary key" in caught.value.hint


@pytest.mark.parametrize(
    ("account", "environ", "region"),
    [
        (S3Account(region="a-1"), {"AWS_REGION": "b-1"}, "a-1"),
        (S3Account(), {"AWS_REGION": "b-1", "AWS_DEFAULT_REGION": "c-1"}, "b-1"),
        (S3Account(), {"AWS_DEFAULT_REGION": "c-1"}, "c-1"),
        (S3Account("https://r2.example"), {}, "us-east-1"),
    ],
)
def test_the_region(
    monkeypatch: pytest.MonkeyPatch, account: S3Account, environ: dict[str, str], region: str
) -> None:
    for name, value in environ.items():
        monkeypatch.setenv(name, value)
    assert region_of(account, GivenKey(AccessKey("a", "b"))) == region


def test_no_region() -> None:
    with pytest.raises(ConfigurationError) as caught:
        region_of(GIVEN, credentials_of(GIVEN))
    assert "storage.s3.region" in caught.value.hint


WITHOUT_BOTOCORE = """
import json, sys
from pydantic import SecretStr
from ingenious_storage.backends.s3.backend import S3Backend
from ingenious_storage.config.buckets.s3 import S3Account
key = {"access_key_id": "a", "secret_access_key": SecretStr("b")} if sys.argv[2] == "key" else {}
backend = S3Backend(S3Account(sys.argv[1], **key), "bucket")
error = None
try:
    backend.put("k", b"1")
    assert backend.get("k").data == b"1"
except Exception as caught:
    error = [type(caught).__name__, str(caught), caught.hint]
print(json.dumps([error, sorted(name.split(".")[0] for name in sys.modules)]))
"""


def test_a_given_key_needs_no_botocore(tiny: TinyS3) -> None:
    run = subprocess.run(
        [sys.executable, "-c", WITHOUT_BOTOCORE, tiny.url, "key"],
        capture_output=True, text=True, check=True, timeout=200,
    )  # fmt: skip
    error, modules = json.loads(run.stdout)
    assert error is None
    assert not {"botocore", "boto3", "azure", "google", "urllib3", "requests", "http"} & {*modules}


def test_without_botocore_the_extra_is_named(tiny: TinyS3) -> None:
    hidden = "import sys; sys.modules['botocore'] = None\n"
    run = subprocess.run(
        [sys.executable, "-c", hidden + WITHOUT_BOTOCORE, tiny.url, "none"],
        capture_output=True, text=True, check=True, timeout=200,
    )  # fmt: skip
    (kind, _, hint), _ = json.loads(run.stdout)
    assert kind == "ConfigurationError"
    assert "ingenious-storage[s3]" in hint
    assert tiny.requests == []


def test_who_cannot_sign_is_told_what_was_not_done(tiny: TinyS3) -> None:
    backend = tiny.backend(access_key_id=None, secret_access_key=None)
    with pytest.raises(AuthenticationError) as caught:
        backend.put("k", b"1")
    assert (caught.value.operation, caught.value.key) == ("put", "k")
    assert not caught.value.outcome_unknown
    assert "botocore found no key" in str(caught.value)
    assert tiny.requests == []


def test_a_bucket_is_opened_once_in_a_process_and_closed_with_its_last_user() -> None:
    first, second = Bucket(ELSEWHERE, "b"), Bucket(S3Account("https://r2.example"), "b")
    opened = first.opened()
    assert second.opened() is opened
    assert Bucket(ELSEWHERE, "c").opened() is not opened
    first.close()
    assert second.opened() is opened
    second.close()
    second.close()
    assert first.opened() is not opened


def test_who_signs_in_later_is_found(
    tiny: TinyS3, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """botocore's session keeps the places where it looked: another one looks again."""
    backend = tiny.backend(access_key_id=None, secret_access_key=None)
    with pytest.raises(AuthenticationError, match="found no key"):
        backend.put("k", b"1")
    file = tmp_path / "later"
    file.write_text("[default]\naws_access_key_id = AKIALATER\naws_secret_access_key = s\n")
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", str(file))
    backend.put("k", b"1")
    assert tiny.objects == {"k": b"1"}
