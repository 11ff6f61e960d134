"""Errors of S3: every documented code, and answers that have none."""

from __future__ import annotations

import gzip
import io
import json
import pickle
import re
from pathlib import Path
from typing import TYPE_CHECKING

import botocore
import pytest

from ingenious_storage.backends.base import GetOptions, IfAbsent, IfMatch, PutOptions
from ingenious_storage.backends.rest.calls import Call
from ingenious_storage.backends.s3.error_codes import BY_CODE, rule_for
from ingenious_storage.backends.s3.errors import refuse
from ingenious_storage.errors import (
    AlreadyExistsError,
    AuthenticationError,
    ConfigurationError,
    ConflictError,
    ContainerNotFoundError,
    InvalidDataError,
    InvalidKeyError,
    NotFoundError,
    NotModifiedError,
    PermissionDeniedError,
    StorageError,
    ThrottledError,
    UnavailableError,
)
from ingenious_storage.http.answers import Response
from tests.library.backends.s3.tiny_s3 import Answer, TinyS3

if TYPE_CHECKING:
    from collections.abc import Callable

    from ingenious_storage.backends.s3.backend import S3Backend

# Of access lists, annotations, tags, versions, logging, lifecycle, policies, forms, torrents,
# restores and SOAP: nothing here asks for that. (`get` answers InvalidRange itself.)
UNLISTED = """
AmbiguousGrantByEmailAddress AnnotationLimitExceeded AnnotationNameTooLong BucketNotEmpty
CrossLocationLoggingProhibited EntityTooSmall IdempotencyParameterMismatch
IllegalVersioningConfigurationException IncorrectNumberOfFilesInPostRequest InlineDataTooLarge
InvalidAddressingHeader InvalidAnnotationName InvalidArgument InvalidPartOrder
InvalidPolicyDocument InvalidPrefix InvalidRange InvalidRequest InvalidStorageClass
InvalidTargetBucketForLogging InvalidWriteOffset MalformedACLError MalformedPOSTRequest
MalformedXML MaxPostPreDataLengthExceededError MethodNotAllowed MissingContentLength
MissingRequestBodyError NoLoggingStatusForKey NoSuchAnnotation NoSuchBucketPolicy
NoSuchLifecycleConfiguration ObjectAlreadyInActiveTierError RequestIsNotMultiPartContent
RequestTorrentOfBucketError RestoreAlreadyInProgress UnexpectedContent
UnresolvableGrantByEmailAddress UnsupportedMediaType UserKeyMustBeSpecified
"""
BY_STATUS_ALONE = frozenset(UNLISTED.split())
STATUSES = (200, 206, 301, 304, 307, 400, 401, 403, 404, 405, 407, 408, 409, 411, 412, 413, 416,
            429, 500, 501, 502, 503, 504, 505, 507)  # fmt: skip


def documented_codes() -> list[str]:
    """Those that the service's own model lists, as botocore ships it."""
    folder = Path(botocore.__file__).parent / "data" / "s3" / "2006-03-01"
    model = json.loads(gzip.decompress((folder / "service-2.json.gz").read_bytes()))
    shapes = model["shapes"]
    text = shapes["Error"]["members"]["Code"]["documentation"]
    listed = re.findall(r"<i>Code:</i> ([A-Z][A-Za-z0-9]{2,})", text)
    modelled = [name for name, shape in shapes.items() if shape.get("exception")]
    return sorted({*listed, *modelled})


def page(code: str, more: str = "") -> bytes:
    return f"<Error><Code>{code}</Code><Message>m</Message>{more}</Error>".encode()


def test_the_model_lists_codes() -> None:
    assert len(documented_codes()) > 85
    assert {*documented_codes()} >= BY_STATUS_ALONE, "a code that is documented no more"


@pytest.mark.parametrize("code", documented_codes())
def test_every_documented_code_is_decided(code: str) -> None:
    assert (code in BY_CODE) != (code in BY_STATUS_ALONE), "a new code: decide what it means"


@pytest.mark.parametrize("status", STATUSES)
def test_every_answer_becomes_an_error_with_a_hint(status: int) -> None:
    for code in (*BY_CODE, *BY_STATUS_ALONE, "SomethingNew", None):
        answer = Response(status, {"x-amz-request-id": "R1"}, page(code) if code else b"")
        error = refuse(Call("put", "k"), answer)
        assert error.hint
        assert (error.operation, error.key, error.service_code) == ("put", "k", code)
        assert f"answered {status} {code or 'without an error code'} (request id R1)" in str(error)
        known = code in BY_CODE and status != 304
        assert known or not error.retryable or status >= 500 or status in (200, 206, 408, 429)
        assert str(pickle.loads(pickle.dumps(error))) == str(error)
        assert refuse(Call("get", "k"), answer).outcome_unknown is False


def test_the_kind_is_the_codes_not_the_statuses() -> None:
    for code, rule in BY_CODE.items():
        assert rule_for(400, code) is rule_for(503, code) is rule
    assert rule_for(304, "PreconditionFailed").kind is NotModifiedError


@pytest.mark.parametrize(
    ("status", "code", "condition", "kind"),
    [
        (412, "PreconditionFailed", IfAbsent(), AlreadyExistsError),
        (412, "PreconditionFailed", IfMatch('"a"'), ConflictError),
        (404, "NoSuchKey", IfMatch('"a"'), ConflictError),
        (412, None, IfMatch('"a"'), ConflictError),
        (409, "ConditionalRequestConflict", IfAbsent(), ThrottledError),
        (409, "ConditionalRequestConflict", IfMatch('"a"'), ThrottledError),
        (409, "OperationAborted", None, ThrottledError),
        (409, "SomethingNew", IfAbsent(), StorageError),
        (404, "NoSuchBucket", IfMatch('"a"'), ContainerNotFoundError),
    ],
)
def test_a_lost_condition_is_one_error(
    tiny: TinyS3,
    status: int,
    code: str | None,
    condition: IfAbsent | IfMatch,
    kind: type[StorageError],
) -> None:
    backend = tiny.backend()
    backend.put("other", b"", PutOptions(condition=IfAbsent()))  # conditions are honoured
    options = PutOptions(condition=condition)
    writes: tuple[Callable[[], object], ...] = (
        lambda: backend.put("k", b"1", options),
        lambda: backend.upload("k", io.BytesIO(b"1"), options),
    )
    for write in writes:
        tiny.answers.append(Answer(status, code))
        with pytest.raises(StorageError) as caught:
            write()
        assert type(caught.value) is kind
        assert caught.value.retryable is (kind is ThrottledError)
        assert caught.value.outcome_unknown is False
    assert "k" not in tiny.objects


@pytest.mark.parametrize(
    "told",
    [
        Answer(301, "PermanentRedirect", {"x-amz-bucket-region": "eu-west-1"}),
        Answer(307, "TemporaryRedirect", {"x-amz-bucket-region": "eu-west-1"}),
        Answer(400, "AuthorizationHeaderMalformed", more="<Region>eu-west-1</Region>"),
        Answer(400, "IllegalLocationConstraintException", {"x-amz-bucket-region": "eu-west-1"}),
        Answer(301, headers={"x-amz-bucket-region": "eu-west-1"}),
    ],
    ids=lambda told: f"{told.status} {told.code}",
)
def test_another_region_is_named(tiny: TinyS3, told: Answer) -> None:
    for call in (lambda: tiny.backend().get("k"), lambda: tiny.backend().head("k")):
        tiny.answers.extend([told, told])
        with pytest.raises(ConfigurationError) as caught:
            call()
        assert "eu-west-1" in caught.value.hint
        assert "storage.s3.region" in caught.value.hint
        tiny.answers.clear()


def test_a_region_that_is_none_is_not_repeated(tiny: TinyS3) -> None:
    tiny.answers.append(Answer(301, "PermanentRedirect", {"x-amz-bucket-region": "<b>evil</b>"}))
    with pytest.raises(ConfigurationError) as caught:
        tiny.backend().get("k")
    assert "evil" not in caught.value.hint


def test_a_clock_that_is_wrong_is_told(tiny: TinyS3) -> None:
    tiny.answers.append(Answer(403, "RequestTimeTooSkewed"))
    with pytest.raises(AuthenticationError) as caught:
        tiny.backend().get("k")
    assert "clock" in caught.value.hint


HEADS: dict[str, tuple[Answer, type[StorageError]]] = {
    "missing": (Answer(404, "NoSuchKey"), NotFoundError),
    "bucket": (Answer(404, "NoSuchBucket"), ContainerNotFoundError),
    "rights": (Answer(403, "AccessDenied"), PermissionDeniedError),
    "key": (Answer(403, "InvalidAccessKeyId"), AuthenticationError),
    "clock": (Answer(403, "RequestTimeTooSkewed"), AuthenticationError),
    "region": (Answer(400, "AuthorizationHeaderMalformed"), ConfigurationError),
}


@pytest.mark.parametrize(("told", "kind"), HEADS.values(), ids=HEADS)
def test_a_head_that_fails_says_why(tiny: TinyS3, told: Answer, kind: type[StorageError]) -> None:
    calls: dict[str, Callable[[S3Backend], object]] = {
        "head": lambda backend: backend.head("k"),
        "delete": lambda backend: backend.delete("k"),
        "get": lambda backend: backend.get("k", GetOptions(byte_range=(0, 0))),
    }
    for operation, call in calls.items():
        tiny.answers.extend([told, told])
        with pytest.raises(kind) as caught:
            call(tiny.backend())
        assert type(caught.value) is kind
        assert (caught.value.operation, caught.value.key) == (operation, "k")
        assert caught.value.service_code == told.code
        assert not tiny.answers


@pytest.mark.parametrize("operation", ["get", "head", "delete"])
def test_a_404_without_a_code_says_nothing_of_the_object(tiny: TinyS3, operation: str) -> None:
    """Any web server gives one: an endpoint that is wrong must not look like an empty bucket."""
    page = Answer(404, headers={"Content-Type": "text/html"}, body=b"<html>404 Not Found</html>")
    tiny.answers.extend([page] * 2)
    with pytest.raises(StorageError) as caught:
        getattr(tiny.backend(), operation)("k")
    assert type(caught.value) is StorageError
    assert "before the service" in caught.value.hint
    for answer in (page, Answer(200, body=b"<html>Welcome</html>")):
        tiny.answers.clear()
        tiny.answers.append(answer)
        with pytest.raises(StorageError):
            tiny.backend().container_exists()


def test_what_is_there_after_all_when_a_head_is_explained(tiny: TinyS3) -> None:
    headers = {"ETag": '"e"', "Last-Modified": "Sun, 29 Nov 2026 10:00:00 GMT"}
    ranged = Answer(206, headers={**headers, "Content-Range": "bytes 0-0/7"}, body=b"x")
    tiny.answers.extend([Answer(404), ranged])
    assert tiny.backend().head("k").size == 7
    tiny.answers.extend([Answer(404), Answer(200, headers=headers, body=b"seven b")])
    assert tiny.backend().head("k").size == 7
    tiny.answers.extend([Answer(404), Answer(416, "InvalidRange")])
    with pytest.raises(UnavailableError) as caught:
        tiny.backend().head("k")
    assert caught.value.retryable


def test_long_keys_are_refused_before_anything_is_sent(tiny: TinyS3) -> None:
    backend, key = tiny.backend(), "ü" * 513
    calls: dict[str, Callable[[], object]] = {
        "get": lambda: backend.get(key),
        "put": lambda: backend.put(key, b""),
        "head": lambda: backend.head(key),
        "delete": lambda: backend.delete(key),
        "upload": lambda: backend.upload(key, io.BytesIO(b"x")),
        "delete_many": lambda: backend.delete_many(["a", key]),
    }
    for operation, call in calls.items():
        with pytest.raises(InvalidKeyError, match="1026 bytes, at most 1024") as caught:
            call()
        assert (caught.value.operation, caught.value.key) == (operation, key)
    assert tiny.requests == []
    backend.put("ü" * 512, b"")
    assert tiny.requests[0].path == "/bucket/" + "%C3%BC" * 512


@pytest.mark.parametrize(
    "options",
    [
        PutOptions("text/plain\r\nx-amz-acl: public-read"),
        PutOptions("漢"),
    ],
)
def test_what_is_no_header_is_refused_before_anything_is_sent(
    tiny: TinyS3, options: PutOptions
) -> None:
    with pytest.raises(InvalidDataError) as caught:
        tiny.backend().put("k", b"1", options)
    assert caught.value.key == "k"
    assert tiny.requests == []


def test_no_secret_is_in_an_error(tiny: TinyS3) -> None:
    signed = (
        "<StringToSign>CANARY AWS4-HMAC</StringToSign><AWSAccessKeyId>AKIAEXAMPLE</AWSAccessKeyId>"
    )
    tiny.answers.append(Answer(403, "SignatureDoesNotMatch", more=signed))
    with pytest.raises(AuthenticationError) as caught:
        tiny.backend().get("k")
    told = f"{caught.value!r}{caught.value.hint}{vars(caught.value)}"
    assert "CANARY" not in told
    assert "AKIAEXAMPLE" not in told
