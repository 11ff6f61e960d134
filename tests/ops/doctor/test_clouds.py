"""Set-ups of S3 and Google Cloud Storage that are well, and what is said of their accounts."""

from __future__ import annotations

import ssl
from typing import Any

import orjson
import pytest
import trustme
from cryptography.hazmat.primitives.asymmetric.rsa import generate_private_key
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from ingenious_storage.backends.s3.account import S3AccountHandle
from tests.ops.doctor.bench import Bench
from tests.ops.doctor.cases.gcs import with_a_login, with_gcs
from tests.ops.doctor.cases.s3 import found_by_botocore, with_s3
from tests.ops.doctor.pretend import OWN, Asked, PretendS3, Told, pretending
from tests.ops.doctor.test_healthy import check, statuses
from tests.support.servers.fake_gcs import GcsServer
from tests.support.servers.gcs_double import gcs_double
from tests.support.servers.s3 import S3Server

CHECKS = {
    *("configuration", "proxy", "dns", "tcp", "tls", "service", "clock", "credential", "accepted"),
    *(f"data.{name}" for name in ("container", "list", "create", "read", "overwrite")),
    *("data.preconditions", "data.latency", "data.delete", "encryption.off"),
    *(f"revisions.{name}" for name in ("container", "list", "read")),
    *("encryption.off", "encryption.revisions"),
    *("account.kind", "account.versioning"),
}


def test_s3(bench: Bench) -> None:
    store = PretendS3()
    store.objects["conversations/mine"] = b"stays"
    with_s3(bench, store)
    report = bench.report(0)
    assert statuses(report) == dict.fromkeys(CHECKS | {"store.deletes"}, "pass")
    assert report["backend"] == "s3"
    assert check(report, "service")["summary"] == "PretendS3 answers"
    assert (
        "access key AKIAEXAMPLE of storage.s3.access_key_id ("
        in (check(report, "credential")["summary"])
    )
    assert bench.left_behind() == ["conversations/mine"]


def test_what_aws_tells_of_a_bucket(bench: Bench) -> None:
    """Its region, to everybody; and of a write, that old versions are kept."""
    store = PretendS3()

    def reply(asked: Asked) -> Told:
        told = store(asked)
        more = {"x-amz-bucket-region": "eu-west-1", "x-amz-version-id": "v1"}
        return Told(told.status, {**told.headers, **more}, told.body)

    with_s3(bench, reply, region="eu-west-1")
    report = bench.report(0)
    assert check(report, "service")["details"] == ["the bucket is in eu-west-1"]
    assert check(report, "account.kind")["summary"] == "a bucket in eu-west-1"
    assert check(report, "account.versioning")["summary"].startswith("on; ")


def test_a_service_that_ignores_conditions_of_deletes(bench: Bench) -> None:
    """As MinIO: what the library does not send loses nothing, and no document needs it."""
    with_s3(bench, PretendS3(honours_deletes=False))
    report = bench.report(0)
    assert statuses(report) == dict.fromkeys(CHECKS | {"store.deletes"}, "pass")
    assert "ignores their conditions" in check(report, "store.deletes")["summary"]
    assert bench.left_behind() == []


def test_a_service_that_asks_for_a_certificate(bench: Bench) -> None:
    """TLS 1.2 ends the handshake without one; doctor's own handshake shows it too."""
    ca = trustme.CA()
    ours = ca.issue_cert("agents.example")
    files = {
        "ca_file": (ca.cert_pem,),
        "client_certificate": ours.cert_chain_pems,
        "client_key": (ours.private_key_pem,),
    }
    for name, blobs in files.items():
        (bench.cli.folder / name).write_bytes(b"".join(blob.bytes() for blob in blobs))
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.maximum_version = ssl.TLSVersion.TLSv1_2
    context.verify_mode = ssl.CERT_REQUIRED
    ca.configure_trust(context)
    ca.issue_cert("127.0.0.1").configure_cert(context)
    with_s3(bench, PretendS3(), tls=context)
    bench.storage["http"] = {name: str(bench.cli.folder / name) for name in files}
    assert statuses(bench.report(0)) == dict.fromkeys(CHECKS | {"store.deletes"}, "pass")
    bench.storage["http"] = {"ca_file": str(bench.cli.folder / "ca_file")}
    assert check(bench.report(1), "tls")["status"] == "fail"


def test_what_aws_itself_should_have(bench: Bench) -> None:
    store = PretendS3()
    with_s3(bench, store)
    at_aws(bench)
    report = bench.report(0)
    key, versions = check(report, "credential"), check(report, "account.versioning")
    assert (key["status"], versions["status"]) == ("warn", "warn")
    assert "never expires" in key["summary"]
    assert "aws sso login" in key["hint"]
    bucket = bench.storage["container_data"]
    assert versions["hint"] == (
        f"Run: aws s3api put-bucket-versioning --bucket {bucket} "
        "--versioning-configuration Status=Enabled"
    )


def at_aws(bench: Bench) -> None:
    """Taken for AWS itself, although it is on this machine."""
    bench.patch.setattr(S3AccountHandle, "is_clouds_own", property(lambda _: True))


def test_what_a_key_of_s3_may_not_ask(bench: Bench) -> None:
    def refuse(asked: Asked) -> Told | None:
        return Told(403, OWN) if asked.method == "HEAD" and asked.path.count("/") == 2 else None

    with_s3(bench, PretendS3(refuse=refuse))
    kind = check(bench.report(0), "account.kind")
    assert kind["status"] == "skip"
    assert kind["hint"].startswith("Run: aws s3api get-bucket-location --bucket test-")


def test_a_real_server_of_s3(bench: Bench, seaweedfs: S3Server) -> None:
    bench.storage |= {"type": "s3", "s3": seaweedfs.section}
    bench.write_profiles()
    bench.cli("containers", "ensure", "--profile", "cloud")
    assert statuses(bench.report(0)) == dict.fromkeys(CHECKS | {"store.deletes"}, "pass")
    bench.storage["s3"] = {**seaweedfs.section, "secret_access_key": "wrong"}
    assert check(bench.report(1), "accepted")["code"] == "authentication_failed"
    client = seaweedfs.client()
    assert "Contents" not in client.list_objects_v2(Bucket=bench.storage["container_data"])


def test_a_real_server_of_gcs(bench: Bench, fake_gcs: GcsServer) -> None:
    """It takes no notice of the conditions of reads and deletes, and doctor does."""
    bench.storage |= {"type": "gcs", "gcs": {"endpoint": fake_gcs.endpoint, "project": "trial"}}
    bench.write_profiles()
    bench.cli("containers", "ensure", "--profile", "cloud")
    found = statuses(bench.report(1))
    assert {name for name, status in found.items() if status == "fail"} == {"data.preconditions"}


@pytest.mark.parametrize("revisions", [False, True])
def test_gcs(bench: Bench, revisions: bool) -> None:
    server = bench.stack.enter_context(gcs_double())
    bench.options = ["--revisions"] if revisions else []
    bench.storage |= {"type": "gcs", "gcs": {"endpoint": server.url, "project": "trial"}}
    bench.write_profiles()
    bench.cli("containers", "ensure", "--profile", "cloud")
    report = bench.report(0)
    found = statuses(report)
    assert set(found.values()) == {"pass"}
    assert CHECKS | {"account.soft_delete"} <= found.keys()
    assert found.keys() >= {"revisions.delete"} or not revisions
    assert check(report, "credential")["summary"].startswith("nobody: requests are not signed")


@pytest.mark.parametrize(
    ("policy", "status", "said"),
    [
        ({"retentionDurationSeconds": "604800"}, "pass", "on, 7 days"),
        ({"retentionDurationSeconds": "0"}, "pass", "soft delete is off"),
        ({"retentionDurationSeconds": "week"}, "fail", "no number"),
        ({}, "pass", "soft delete is off"),
    ],
)
def test_soft_delete_of_gcs(bench: Bench, policy: dict[str, Any], status: str, said: str) -> None:
    def reply(asked: Asked) -> Told:
        described = {"location": "EU", "storageClass": "STANDARD", "softDeletePolicy": policy}
        headers = {"Content-Type": "application/json"}
        if asked.path.count("/") == 4:
            return Told(200, headers, orjson.dumps({**described, "versioning": {"enabled": True}}))
        if asked.path.endswith("/o") and asked.method == "GET":
            return Told(200, headers, b"{}")
        body = {"error": {"message": "No such object", "errors": [{"reason": "notFound"}]}}
        return Told(404, headers, orjson.dumps(body))

    with_gcs(bench, reply)
    report = bench.report(1)  # nothing can be written there
    assert check(report, "account.kind")["summary"] == "a bucket in EU, STANDARD"
    soft = check(report, "account.soft_delete")
    assert (soft["status"], said in soft["summary"]) == (status, True)


def test_a_key_that_botocore_finds(bench: Bench) -> None:
    found_by_botocore(bench)
    bench.cli.write("keys", "[default]\naws_access_key_id = AKIAFOUND\naws_secret_access_key = s\n")
    bench.patch.setenv("AWS_SHARED_CREDENTIALS_FILE", str(bench.cli.folder / "keys"))
    credential = check(bench.report(0), "credential")
    assert credential["summary"] == "botocore: shared-credentials-file"
    assert credential["details"] == ["key AKIAFOUND"]


def test_a_service_account_of_google(bench: Bench) -> None:
    """Its token is fetched from where its file says, and what is known of it is shown."""

    def tokens(_: Asked) -> Told:
        body = {"access_token": "of-the-tests", "expires_in": 3600, "token_type": "Bearer"}
        return Told(200, {"Content-Type": "application/json"}, orjson.dumps(body))

    issuer = bench.stack.enter_context(pretending(tokens))
    key = generate_private_key(public_exponent=65537, key_size=2048)
    pem = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    email = "agents@agents-prod.iam.gserviceaccount.com"
    found = {
        "type": "service_account",
        "project_id": "agents-prod",
        "client_email": email,
        "private_key": pem.decode(),
        "token_uri": issuer.url,
    }
    (bench.cli.folder / "key.json").write_bytes(orjson.dumps(found))
    with_a_login(bench, credentials_file=str(bench.cli.folder / "key.json"))
    bench.options = ["--ticket"]
    report = bench.report(1)  # nothing can be written there
    credential = check(report, "credential")
    assert credential["status"] == "pass"
    assert credential["summary"].startswith(
        "google-auth: oauth2.service_account.Credentials, until 20"
    )
    assert credential["details"] == [f"identity {email}", "project agents-prod"]
    assert check(report, "accepted")["status"] == "pass"
    assert "of-the-tests" not in str(report)
