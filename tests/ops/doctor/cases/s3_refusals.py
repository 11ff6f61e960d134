"""Services of S3 that refuse: who asks, or what is asked of a bucket."""

from __future__ import annotations

from collections.abc import Callable

from ingenious_storage.backends.s3.account import S3AccountHandle
from tests.ops.doctor.bench import Bench
from tests.ops.doctor.cases.case import CASES, Case, case
from tests.ops.doctor.cases.s3 import with_s3
from tests.ops.doctor.pretend import Asked, PretendS3, Told, s3_error


def refusing(code: str, status: int = 403, more: str = "") -> Callable[[Bench], object]:
    """Everything that is signed is refused."""
    return lambda bench: with_s3(bench, PretendS3(refuse=lambda _: s3_error(status, code, more)))


def of_object(asked: Asked, method: str) -> bool:
    return asked.method == method and asked.path.count("/") > 1


CASES += [
    Case(
        "wrong_secret",
        refusing("SignatureDoesNotMatch"),
        "accepted",
        "S3 answered 403 SignatureDoesNotMatch",
        "Check storage.s3.secret_access_key",
        code="authentication_failed",
        blocks=("data.container", "account.kind"),
    ),
    Case(
        "unknown_key",
        refusing("InvalidAccessKeyId"),
        "accepted",
        "InvalidAccessKeyId",
        "does not know storage.s3.access_key_id",
        code="authentication_failed",
    ),
    Case(
        "ended_key",
        refusing("ExpiredToken", 400),
        "accepted",
        "ExpiredToken",
        "take a new one",
        code="authentication_failed",
    ),
    Case(
        "another_region",
        refusing("AuthorizationHeaderMalformed", 400, "<Region>eu-west-1</Region>"),
        "accepted",
        "400 AuthorizationHeaderMalformed",
        "The bucket is in eu-west-1: set storage.s3.region to it",
        code="invalid_configuration",
    ),
    Case(
        "disabled_account",
        refusing("AllAccessDisabled"),
        "accepted",
        "AllAccessDisabled",
        "ask its owner",
        code="permission_denied",
    ),
    Case(
        "missing_bucket",
        lambda bench: with_s3(bench, PretendS3(refuse=lambda _: s3_error(404, "NoSuchBucket"))),
        "data.container",
        "does not exist, and nothing here may create it",
        "containers ensure --profile cloud",
        code="container_not_found",
        blocks=("data.list", "data.create", "account.kind"),
    ),
]


@case(
    "data.create",
    "403 AccessDenied",
    r"Allow s3:PutObject on arn:aws:s3:::test-\w+-d/\*.*aws sts get-caller-identity",
    code="permission_denied",
    blocks=("data.overwrite", "data.preconditions"),
)
def s3_may_not_write(bench: Bench) -> None:
    def refuse(asked: Asked) -> Told | None:
        return s3_error(403, "AccessDenied") if of_object(asked, "PUT") else None

    with_s3(bench, PretendS3(refuse=refuse))


@case(
    "data.create",
    "503 SlowDown",
    "lower the parallelism",
    code="throttled",
)
def s3_is_busy(bench: Bench) -> None:
    def refuse(asked: Asked) -> Told | None:
        return s3_error(503, "SlowDown") if of_object(asked, "PUT") else None

    with_s3(bench, PretendS3(refuse=refuse))


@case(
    "data.create",
    "ignores If-None-Match and If-Match of a write",
    "",
    code="preconditions_ignored",
    blocks=("data.overwrite", "data.preconditions"),
)
def s3_without_preconditions(bench: Bench) -> None:
    """The library finds it out before the probe of doctor is written."""
    with_s3(bench, PretendS3(honours=False))


@case("service", "answered 502, without being S3", "A gateway or proxy before the service")
def broken_gateway_before_s3(bench: Bench) -> None:
    with_s3(bench, lambda _: Told(502, {"Content-Type": "text/html"}))


@case(
    "data.list",
    "AccessDenied",
    "^Names of buckets are shared .*set storage.container_data",
    code="permission_denied",
)
def a_bucket_of_somebody_else(bench: Bench) -> None:
    def refuse(_: Asked) -> Told:
        return s3_error(403, "AccessDenied")

    with_s3(bench, PretendS3(refuse=refuse))
    bench.storage |= {"container_data": "ingenious-data"}
    bench.patch.setattr(S3AccountHandle, "is_clouds_own", property(lambda _: True))
