"""Any answer of a service: every call ends well, or in a StorageError."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pydantic import SecretStr

from ingenious_storage.backends.base import GetOptions, IfAbsent, IfMatch, PutOptions
from ingenious_storage.backends.rest.parts import PART_SIZE
from ingenious_storage.backends.s3.backend import S3Backend
from ingenious_storage.config.buckets.s3 import S3Account
from ingenious_storage.errors import StorageError
from ingenious_storage.http.answers import Response
from tests.library.backends.s3.test_listing import FULL

if TYPE_CHECKING:
    from collections.abc import Callable

LARGE = bytes(PART_SIZE + 1)
CALLS: dict[str, Callable[[S3Backend], object]] = {
    "get": lambda backend: backend.get("k"),
    "get a range": lambda backend: backend.get("k", GetOptions((2, 3))),
    "get the rest": lambda backend: backend.get("k", GetOptions((2, None), '"e"')),
    "get nothing": lambda backend: backend.get("k", GetOptions((0, 0))),
    "put": lambda backend: backend.put("k", b"1"),
    "put if absent": lambda backend: backend.put("k", b"1", PutOptions(condition=IfAbsent())),
    "head": lambda backend: backend.head("k"),
    "delete": lambda backend: backend.delete("k"),
    "delete if": lambda backend: backend.delete("k", condition=IfMatch('"e"')),
    "delete many": lambda backend: backend.delete_many(["a", "b"]),
    "list": lambda backend: backend.list("a", delimiter="/"),
    "upload": lambda backend: backend.upload("k", io.BytesIO(LARGE)),
    "make": lambda backend: backend.ensure_container(),
    "exists": lambda backend: backend.container_exists(),
    "now": lambda backend: backend.now(),
}
TEXTS = st.sampled_from(
    ['"e"', "", "e", "0", "-1", "7", "1e3", "٣", "bytes 2-4/10", "bytes 0-0/1", "bytes */10",
     "bytes 2-/10", "Sun, 29 Nov 2026 10:00:00 GMT", "yesterday", "GLACIER", "eu-west-1", "\x00"]
) | st.text(max_size=12)  # fmt: skip
NAMES = st.sampled_from(
    ["etag", "last-modified", "date", "content-length", "content-range", "content-type",
     "x-amz-meta-a", "x-amz-meta-", "x-amz-storage-class", "x-amz-restore", "retry-after",
     "x-amz-bucket-region", "x-amz-request-id", "cache-control"]
)  # fmt: skip
CODES = st.sampled_from(
    ["NoSuchKey", "NoSuchBucket", "PreconditionFailed", "ExpiredToken", "InternalError",
     "SlowDown", "AccessDenied", "PermanentRedirect", "", "\n", "漢", "a" * 5000]
)  # fmt: skip
PIECES = st.sampled_from(
    [b"", FULL, FULL[:100], b"<DeleteResult/>", b"<html/>", b"\xff\xfe", b"<!DOCTYPE a>",
     b"<InitiateMultipartUploadResult><UploadId>u</UploadId></InitiateMultipartUploadResult>",
     b"<CompleteMultipartUploadResult><ETag>e</ETag></CompleteMultipartUploadResult>",
     b"<DeleteResult><Error><Key>a</Key><Code>x</Code></Error></DeleteResult>"]
)  # fmt: skip
BODIES = (
    PIECES
    | st.builds("<Error><Code>{}</Code><Region>x</Region></Error>".format, CODES).map(str.encode)
    | st.binary(max_size=40)
)
STATUSES = st.sampled_from(
    [200, 200, 200, 204, 206, 206, 301, 304, 307, 400, 403, 404, 404, 409, 412, 416, 500, 503, 599]
)
ANSWERS = st.builds(Response, STATUSES, st.dictionaries(NAMES, TEXTS, max_size=8), BODIES)
GOOD = Response(
    200,
    {"etag": '"e"', "last-modified": "Sun, 29 Nov 2026 10:00:00 GMT", "content-length": "1"},
    b"x",
)


class Answering:
    """In place of a client: gives the answers in turn, and the last one to all that follow."""

    origin = "https://bucket.example"

    def __init__(self, answers: list[Response]) -> None:
        self._answers = answers

    def send(self, *_: object, sink: Any = None, limit: int, **__: object) -> Response:
        answer = self._answers.pop(0) if len(self._answers) > 1 else self._answers[0]
        if sink is not None and answer.status < 300:
            sink(answer.body)
            return Response(answer.status, answer.headers, b"")
        return answer


def backend_of(answers: list[Response]) -> S3Backend:
    account = S3Account("https://x.example", access_key_id="a", secret_access_key=SecretStr("b"))
    backend = S3Backend(account, "bucket")
    service = backend._bucket.opened().service
    service._service._client = Answering(answers)  # type: ignore[assignment]
    backend._bucket.preconditions._honours_writes = True
    backend._bucket.preconditions._honours_deletes = True
    return backend


def ends_well(call: str, answers: list[Response]) -> None:
    backend, raised = backend_of(answers), None
    try:
        CALLS[call](backend)
    except StorageError as error:
        raised = error
    finally:
        backend.close()
    if raised is not None:
        assert raised.hint
        assert len(str(raised)) < 500


answered = given(
    st.sampled_from([*CALLS]), st.lists(st.just(GOOD) | ANSWERS, min_size=1, max_size=4)
)


@settings(max_examples=600, deadline=None)
@answered
def test_any_answer(call: str, answers: list[Response]) -> None:
    ends_well(call, answers)


@pytest.mark.slow
@pytest.mark.timeout(2700)
@settings(max_examples=5_000, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@answered
def test_very_many_answers(call: str, answers: list[Response]) -> None:
    ends_well(call, answers)
