"""Broken set-ups of S3."""

from __future__ import annotations

import ssl
import sys
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from typing import Any
from weakref import WeakValueDictionary

from ingenious_storage.backends.s3.sign_in import credentials as s3_credentials
from tests.ops.doctor.bench import Bench
from tests.ops.doctor.cases.case import case
from tests.ops.doctor.cases.network import no_such_host
from tests.ops.doctor.pretend import Asked, PretendS3, Reply, Told, pretending, s3_error

KEY = {"access_key_id": "AKIAEXAMPLE", "secret_access_key": "secret"}


def with_s3(
    bench: Bench, reply: Reply, *, tls: ssl.SSLContext | None = None, **settings: Any
) -> None:
    """A pretended service, with a key."""
    server = bench.stack.enter_context(pretending(reply, tls=tls))
    section = {"endpoint": server.url, **KEY, **settings}
    bench.storage |= {"type": "s3", "auto_create_containers": False, "s3": section}
    if isinstance(reply, PretendS3):
        bench.others.append(lambda: [*reply.objects])


def at_aws(bench: Bench, **settings: Any) -> None:
    """AWS itself, which nobody may ask in a test."""
    no_such_host(bench)
    bench.storage |= {"type": "s3", "s3": settings}


@case(
    "configuration",
    "storage.s3.endpoint .* uses http, and minio.example.internal is not this machine",
    "storage.s3.allow_http",
    code="invalid_configuration",
    blocks=("storage",),
)
def s3_over_http(bench: Bench) -> None:
    bench.storage |= {"type": "s3", "s3": {"endpoint": "http://minio.example.internal:9000"}}


@case("configuration", "secret_access_key go together", "Set both, or neither")
def half_a_key(bench: Bench) -> None:
    bench.storage |= {"type": "s3", "s3": {"access_key_id": "AKIAEXAMPLE"}}


@case(
    "proxy",
    "no region is named",
    "Set storage.s3.region, or AWS_REGION",
    code="invalid_configuration",
    blocks=("dns", "data.container"),
)
def no_region(bench: Bench) -> None:
    at_aws(bench, **KEY)


@case(
    "dns",
    r"-d\.s3\.eu-centrel-1\.amazonaws\.com has no address",
    "There is no such region.*correct storage.s3.region",
    code="unavailable",
    blocks=("tcp", "accepted"),
)
def mistyped_region(bench: Bench) -> None:
    at_aws(bench, region="eu-centrel-1", **KEY)


@case("dns", "minio.example.invalid has no address", "Correct storage.s3.endpoint.*nslookup")
def unknown_endpoint(bench: Bench) -> None:
    at_aws(bench, endpoint="https://minio.example.invalid", **KEY)


@case(
    "tcp",
    "Connection refused",
    r"Start the server, or correct storage.s3.endpoint \(127.0.0.1:\d+\)",
    code="unavailable",
    blocks=("service",),
)
def no_server_of_s3(bench: Bench) -> None:
    endpoint = f"http://127.0.0.1:{bench.closed_port()}"
    bench.storage |= {"type": "s3", "s3": {"endpoint": endpoint, **KEY}}


@case("service", "what answers is not S3: 200, text/html", "Another program listens at 127.0.0.1")
def a_page_instead_of_s3(bench: Bench) -> None:
    with_s3(bench, lambda _: Told(200, {"Content-Type": "text/html"}, b"<html>Welcome</html>"))


@case(
    "clock",
    "20 minutes ahead of the service: signed requests that are 15 minutes off are refused",
    "timedatectl",
    code="authentication_failed",
)
def s3_clock(bench: Bench) -> None:
    date = format_datetime(datetime.now(UTC) - timedelta(minutes=20), usegmt=True)
    store = PretendS3(refuse=lambda _: s3_error(403, "RequestTimeTooSkewed"))

    def reply(asked: Asked) -> Told:
        told = store(asked)
        return Told(told.status, {**told.headers, "Date": date}, told.body)

    with_s3(bench, reply)


@case(
    "credential",
    "no-such-profile",
    "Check storage.s3.profile and ~/.aws",
    code="invalid_configuration",
    blocks=("accepted",),
)
def no_such_profile(bench: Bench) -> None:
    found_by_botocore(bench, profile="no-such-profile")


@case(
    "credential",
    "botocore found no key to sign in with",
    "aws sso login",
    code="authentication_failed",
)
def nobody_signed_in_to_aws(bench: Bench) -> None:
    found_by_botocore(bench)


@case("credential", "botocore is not installed", r"ingenious-storage\[s3\]")
def no_botocore(bench: Bench) -> None:
    found_by_botocore(bench)
    for name in [name for name in sys.modules if name.partition(".")[0] == "botocore"]:
        bench.patch.delitem(sys.modules, name)
    for name in ("botocore", "botocore.exceptions", "botocore.session"):
        bench.patch.setitem(sys.modules, name, None)


def found_by_botocore(bench: Bench, **settings: Any) -> None:
    # What other tests have found may still be held.
    bench.patch.setattr(s3_credentials, "_found", WeakValueDictionary())
    bench.patch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    for name in ("AWS_CONFIG_FILE", "AWS_SHARED_CREDENTIALS_FILE"):
        bench.patch.setenv(name, str(bench.cli.folder / "none"))
    with_s3(bench, PretendS3(), region="eu-central-1", **settings)
    for name in KEY:
        del bench.storage["s3"][name]
