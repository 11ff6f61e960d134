"""Broken set-ups of Google Cloud Storage."""

from __future__ import annotations

import json
import ssl
import sys
from collections.abc import Callable
from typing import Any

import trustme

from tests.ops.doctor.bench import Bench
from tests.ops.doctor.cases.case import CASES, Case, case
from tests.ops.doctor.cases.network import no_such_host
from tests.ops.doctor.pretend import Asked, Reply, Told, pretending

JSON = {"Content-Type": "application/json; charset=UTF-8", "X-GUploader-UploadID": "upload-1"}


def gcs_error(status: int, reason: str, message: str = "no") -> Told:
    """An error of the JSON API."""
    error = {"code": status, "message": message, "errors": [{"reason": reason}]}
    return Told(status, JSON, json.dumps({"error": error}).encode())


def an_empty_bucket(asked: Asked) -> Told:
    """Nothing is in it, and nothing is taken."""
    if asked.method == "GET" and asked.path.endswith("/o"):
        return Told(200, JSON, b'{"items": []}')
    if asked.method == "GET" and asked.path.count("/") == 4:
        return Told(200, JSON, b'{"location": "EU", "storageClass": "STANDARD"}')
    return gcs_error(404, "notFound", "No such object: bucket/key")


def with_gcs(
    bench: Bench, reply: Reply, *, tls: ssl.SSLContext | None = None, **settings: Any
) -> None:
    """A pretended service; nobody signs."""
    server = bench.stack.enter_context(pretending(reply, tls=tls))
    section = {"endpoint": server.url, **settings}
    bench.storage |= {"type": "gcs", "auto_create_containers": False, "gcs": section}


def refusing(status: int, reason: str) -> Callable[[Bench], object]:
    return lambda bench: with_gcs(bench, lambda _: gcs_error(status, reason))


def refusing_writes(status: int, reason: str) -> Callable[[Bench], object]:
    def reply(asked: Asked) -> Told:
        return gcs_error(status, reason) if asked.method == "POST" else an_empty_bucket(asked)

    return lambda bench: with_gcs(bench, reply)


@case(
    "configuration",
    "storage.example.com is not a host of Google",
    "allowed_endpoint_suffixes",
    code="invalid_configuration",
    blocks=("storage",),
)
def token_for_a_stranger(bench: Bench) -> None:
    bench.storage |= {"type": "gcs", "gcs": {"endpoint": "https://storage.example.com"}}


@case(
    "dns",
    "storage.googleapis.com has no address",
    "nslookup storage.googleapis.com",
    code="unavailable",
    blocks=("tcp", "data.container"),
)
def no_dns_for_google(bench: Bench) -> None:
    no_such_host(bench)
    bench.storage |= {"type": "gcs"}


@case("tcp", "Connection refused", "Start the server, or correct storage.gcs.endpoint")
def no_server_of_gcs(bench: Bench) -> None:
    endpoint = f"http://127.0.0.1:{bench.closed_port()}"
    bench.storage |= {"type": "gcs", "gcs": {"endpoint": endpoint}}


@case("service", "what answers is not Google Cloud Storage: 200, text/html", "Another program")
def a_page_instead_of_gcs(bench: Bench) -> None:
    with_gcs(bench, lambda _: Told(200, {"Content-Type": "text/html"}, b"<html>Welcome</html>"))


CASES += [
    Case(
        "gcs_knows_nobody",
        refusing(401, "authError"),
        "accepted",
        "GCS answered 401 authError",
        "gcloud auth application-default login",
        code="authentication_failed",
        blocks=("data.container", "account.kind"),
    ),
    Case(
        "gcs_api_is_off",
        refusing(403, "accessNotConfigured"),
        "accepted",
        "accessNotConfigured",
        "enable it",
        code="invalid_configuration",
    ),
    Case(
        "gcs_callers_pay",
        refusing(400, "userProjectMissing"),
        "accepted",
        "userProjectMissing",
        "storage.gcs.user_project",
        code="invalid_configuration",
    ),
    Case(
        "gcs_may_not_write",
        refusing_writes(403, "forbidden"),
        "data.create",
        "GCS answered 403 forbidden",
        r"gcloud storage buckets add-iam-policy-binding gs://test-\w+-d .*"
        "roles/storage.objectUser",
        code="permission_denied",
        blocks=("data.overwrite", "data.preconditions"),
    ),
    Case(
        "gcs_is_busy",
        refusing_writes(429, "rateLimitExceeded"),
        "data.create",
        "429 rateLimitExceeded",
        "about once a second",
        code="throttled",
    ),
]


@case(
    "data.container",
    "does not exist, and nothing here may create it",
    "containers ensure --profile cloud",
    code="container_not_found",
    blocks=("data.list", "data.create", "account.kind"),
)
def missing_bucket_of_gcs(bench: Bench) -> None:
    message = "The specified bucket does not exist."
    with_gcs(bench, lambda _: gcs_error(404, "notFound", message))


def with_a_login(bench: Bench, **settings: Any) -> None:
    """Over TLS, where tokens are sent, with nobody signed in on this machine."""
    ca = trustme.CA()
    ca.cert_pem.write_to_path(bench.cli.folder / "ca.pem")
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    ca.issue_cert("127.0.0.1").configure_cert(context)
    with_gcs(bench, an_empty_bucket, tls=context, **settings)
    bench.storage["http"] = {"ca_file": str(bench.cli.folder / "ca.pem")}
    bench.patch.setenv("NO_GCE_CHECK", "true")
    bench.patch.setenv("CLOUDSDK_CONFIG", str(bench.cli.folder / "none"))


@case(
    "credential",
    "google-auth finds no credential",
    "gcloud auth application-default login",
    code="authentication_failed",
    blocks=("accepted",),
)
def nobody_signed_in_to_google(bench: Bench) -> None:
    with_a_login(bench)


@case(
    "credential",
    "key.json is no credential",
    "A service account's key",
    code="invalid_configuration",
    blocks=("accepted", "data.container"),
)
def a_file_that_is_no_credential(bench: Bench) -> None:
    bench.cli.write("key.json", "{}")
    with_a_login(bench, credentials_file=str(bench.cli.folder / "key.json"))


@case("credential", "storage.gcs needs google-auth", r"ingenious-storage\[gcs\]")
def no_google_auth(bench: Bench) -> None:
    with_a_login(bench)
    for name in [name for name in sys.modules if name.startswith("google.auth")]:
        bench.patch.delitem(sys.modules, name)
    bench.patch.setitem(sys.modules, "google.auth", None)
