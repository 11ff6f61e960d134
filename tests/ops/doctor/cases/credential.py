"""Somebody who is not believed."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from tests.library.documents.faults.proxy import Answer
from tests.ops.doctor.bench import Bench
from tests.ops.doctor.cases.case import case
from tests.support.credentials import FakeCredential
from tests.support.faults import Call, Request
from tests.support.servers.canned import answer

OURS = "6a1b2c3d-0000-4000-8000-00000000abcd"
THEIRS = "11111111-2222-4333-8444-555555555555"
CHALLENGE = (
    f"Bearer authorization_uri=https://login.microsoftonline.com/{THEIRS}/oauth2/authorize "
    "resource_id=https://storage.azure.com"
)
BLOB_SERVICE = {"Server": "Windows-Azure-Blob/1.0"}


@case(
    "accepted",
    "AuthorizationFailure",
    "The emulator answers this to a wrong key",
    code="permission_denied",
    blocks=("data.container", "revisions.read", "account.soft_delete"),
)
def wrong_key_at_azurite(bench: Bench) -> None:
    bench.with_key()
    bench.storage["account_key"] = "QUJDREVGR0g="


def refusing(bench: Bench, status: int, code: str) -> None:
    """The service as Azure: every signed request is refused."""
    bench.with_canned(answer(status, code, headers=BLOB_SERVICE))


@case(
    "accepted",
    "403 AuthenticationFailed",
    r"The key is wrong or was rotated: correct storage.account_key \(profiles.yml:\d+\) .*keys "
    "list --account-name canned",
    code="authentication_failed",
    blocks=("data.container",),
)
def wrong_key(bench: Bench) -> None:
    refusing(bench, 403, "AuthenticationFailed")


@case(
    "accepted",
    "KeyBasedAuthenticationNotPermitted",
    "Take storage.account_key .* out .*storage.account_name: canned, storage.credential: default",
    code="permission_denied",
)
def shared_keys_are_off(bench: Bench) -> None:
    refusing(bench, 403, "KeyBasedAuthenticationNotPermitted")


@case(
    "accepted",
    "AuthorizationFailure",
    "firewall refuses this network .*networkRuleSet.* or the identity lacks a role",
    code="permission_denied",
)
def firewall(bench: Bench) -> None:
    refusing(bench, 403, "AuthorizationFailure")


@case("credential", "it expired at 20", "az storage container generate-sas", blocks=("accepted",))
def expired_sas(bench: Bench) -> None:
    server = bench.with_key()
    bench.storage.pop("account_key")
    bench.signed("racwdl", datetime.now(UTC) - timedelta(hours=1), server)


@case(
    "credential",
    "DefaultAzureCredential chose FakeCredential: its token expired at 20",
    "If it is new, set this machine's clock",
    code="authentication_failed",
    blocks=("accepted",),
)
def expired_token(bench: Bench) -> None:
    bench.with_identity(FakeCredential(lifetime=-60))


@case(
    "credential",
    f"token is of the tenant {OURS}, the account trusts {THEIRS}",
    f"az login --tenant {THEIRS}.*storage.tenant_id: {THEIRS}",
    code="authentication_failed",
    blocks=("accepted",),
)
def wrong_tenant(bench: Bench) -> None:
    credential = FakeCredential(claims={"tid": OURS})
    azurite = bench.with_identity(credential)

    def reply(request: Request, call: Call) -> Answer:
        headers = [*BLOB_SERVICE.items(), ("WWW-Authenticate", CHALLENGE)]
        return Answer(401, [*headers, ("x-ms-error-code", "NoAuthenticationInformation")])

    bench.with_identity(credential, bench.before(azurite, reply).azurite)


@case(
    "accepted",
    "401 InvalidAuthenticationInfo",
    "Sign in again .*storage.tenant_id is the tenant of the account's subscription",
    code="authentication_failed",
)
def token_that_is_refused(bench: Bench) -> None:
    credential = FakeCredential()
    azurite = bench.with_identity(credential)

    def reply(request: Request, call: Call) -> Answer:
        headers = [*BLOB_SERVICE.items(), ("x-ms-error-code", "InvalidAuthenticationInfo")]
        return Answer(401, headers)

    bench.with_identity(credential, bench.before(azurite, reply).azurite)


@case("credential", "no credential", "There is no such tenant", code="authentication_failed")
def tenant_that_does_not_exist(bench: Bench) -> None:
    bench.with_identity()
    bench.fake_az("echo 'ERROR: AADSTS90002: Tenant not found.' >&2; exit 1")


@case("credential", "no credential: Default", "az login", code="authentication_failed")
def nobody_signed_in(bench: Bench) -> None:
    bench.with_identity()
    bench.fake_az("echo \"Please run 'az login' to setup account.\" >&2; exit 1")
