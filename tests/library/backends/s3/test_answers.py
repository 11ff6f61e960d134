"""Answers of S3 to reads, writes and deletes that say less, or other, than they should."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from ingenious_storage.backends.base import NO_PROPERTIES, GetOptions
from ingenious_storage.errors import (
    ContainerNotFoundError,
    NotModifiedError,
    PermissionDeniedError,
    StorageError,
    ThrottledError,
    UnavailableError,
)
from tests.library.backends.s3.tiny_s3 import DATE, Answer, TinyS3

if TYPE_CHECKING:
    from collections.abc import Callable

    from ingenious_storage.backends.s3.backend import S3Backend

GOOD = {"ETag": '"e"', "Last-Modified": DATE}


def ranged(told: str, body: bytes = b"234") -> Answer:
    return Answer(206, headers={**GOOD, "Content-Range": told}, body=body)


RANGES = {
    "none": Answer(206, headers=GOOD, body=b"234"),
    "another unit": ranged("lines 2-4/10"),
    "no numbers": ranged("bytes a-b/c"),
    "no total": ranged("bytes 2-4/*"),
    "another place": ranged("bytes 3-5/10"),
    "longer than what came": ranged("bytes 2-4/10", b"23"),
    "shorter than what came": ranged("bytes 2-4/10", b"23456"),
    "less than was asked for": ranged("bytes 2-3/10", b"23"),
    "more than was asked for": ranged("bytes 2-5/10", b"2345"),
    "beyond the total": ranged("bytes 2-4/4"),
    "negative": ranged("bytes -2-4/10"),
    "empty": ranged(""),
}


@pytest.mark.parametrize("told", RANGES.values(), ids=RANGES)
def test_a_range_that_is_not_what_was_asked_for(tiny: TinyS3, told: Answer) -> None:
    tiny.answers.append(told)
    with pytest.raises(UnavailableError) as caught:
        tiny.backend().get("k", GetOptions((2, 3)))
    assert caught.value.retryable
    assert (caught.value.operation, caught.value.key) == ("get", "k")


def test_ranges_that_are(tiny: TinyS3) -> None:
    backend = tiny.backend()
    for told, wanted, data in (
        (ranged("bytes 2-4/10"), (2, 3), b"234"),
        (ranged("bytes 7-9/10", b"789"), (7, 5), b"789"),
        (ranged("bytes 7-9/10", b"789"), (7, None), b"789"),
        (Answer(200, headers=GOOD, body=b"0123456789"), (2, 3), b"234"),
        (Answer(200, headers=GOOD, body=b"0123456789"), (7, None), b"789"),
    ):
        tiny.answers.append(told)
        blob = backend.get("k", GetOptions(wanted))
        assert (blob.data, blob.info.size) == (data, 10)
    asked = [each.headers["range"] for each in tiny.requests[:3]]
    assert asked == ["bytes=2-4", "bytes=7-11", "bytes=7-"]


def test_what_grows_while_it_is_read(tiny: TinyS3) -> None:
    tiny.objects["k"] = b"0123456789"
    tiny.answers.append(Answer(416, "InvalidRange"))
    with pytest.raises(UnavailableError, match="changed") as caught:
        tiny.backend().get("k", GetOptions((9, 1)))
    assert caught.value.retryable


def test_a_condition_goes_with_every_look(tiny: TinyS3) -> None:
    options = GetOptions((99, 1), if_none_match='"e"')
    tiny.answers.extend([Answer(416, "InvalidRange"), Answer(304)])
    with pytest.raises(NotModifiedError):
        tiny.backend().get("k", options)
    assert [asked.headers["if-none-match"] for asked in tiny.requests] == ['"e"', '"e"']


def without(name: str, value: str | None = None) -> dict[str, str]:
    headers = {key: text for key, text in GOOD.items() if key != name}
    return headers if value is None else {**headers, name: value}


WRONG_HEADERS = {
    "no ETag": without("ETag"),
    "an empty ETag": without("ETag", ""),
    "no date": without("Last-Modified"),
    "a date that is none": without("Last-Modified", "yesterday"),
}
READS: dict[str, Callable[[S3Backend], object]] = {
    "get": lambda backend: backend.get("k"),
    "head": lambda backend: backend.head("k"),
}


@pytest.mark.parametrize("headers", WRONG_HEADERS.values(), ids=WRONG_HEADERS)
@pytest.mark.parametrize("call", READS.values(), ids=READS)
def test_a_read_without_what_is_needed(
    tiny: TinyS3, headers: dict[str, str], call: Callable[[S3Backend], object]
) -> None:
    tiny.answers.append(Answer(200, headers=headers, body=b"data"))
    with pytest.raises(UnavailableError) as caught:
        call(tiny.backend())
    assert caught.value.retryable


def test_a_write_without_an_etag_may_have_landed(tiny: TinyS3) -> None:
    tiny.answers.append(Answer(200))
    with pytest.raises(UnavailableError, match="no ETag") as caught:
        tiny.backend().put("k", b"1")
    assert caught.value.outcome_unknown


def test_a_write_is_as_old_as_its_answer(tiny: TinyS3) -> None:
    backend = tiny.backend()
    written = backend.put("k", b"1")
    assert f"{written.last_modified:%Y-%m-%d %H:%M:%S %z}" == "2026-11-29 10:00:00 +0000"
    tiny.answers.append(Answer(200, headers={**GOOD, "Date": "soon", "Last-Modified": ""}))
    with pytest.raises(UnavailableError):
        backend.put("k", b"1")


def test_archives(tiny: TinyS3) -> None:
    backend = tiny.backend()
    for headers, archived in (
        ({"x-amz-storage-class": "GLACIER"}, True),
        ({"x-amz-storage-class": "DEEP_ARCHIVE", "x-amz-restore": 'ongoing-request="true"'}, True),
        ({"x-amz-storage-class": "GLACIER_IR"}, False),
        (
            {
                "x-amz-storage-class": "INTELLIGENT_TIERING",
                "x-amz-archive-status": "ARCHIVE_ACCESS",
            },
            True,
        ),
        (
            {
                "x-amz-storage-class": "GLACIER",
                "x-amz-restore": 'ongoing-request="false", expiry-date="Fri, 21 Dec 2029"',
            },
            False,
        ),
    ):
        tiny.answers.append(Answer(200, headers={**GOOD, **headers}, body=b"data"))
        assert backend.head("k").is_archived is archived
    tiny.answers.append(Answer(403, "InvalidObjectState"))
    with pytest.raises(StorageError) as caught:
        backend.get("k")
    assert "restore it" in caught.value.hint
    assert not isinstance(caught.value, PermissionDeniedError)


def test_no_properties_are_the_usual(tiny: TinyS3) -> None:
    tiny.answers.append(Answer(200, headers=GOOD, body=b"1"))
    assert tiny.backend().get("k").info.properties is NO_PROPERTIES


DELETED: dict[str, tuple[bytes, bool]] = {
    "nothing to tell": (b"<DeleteResult/>", True),
    "verbose": (b"<DeleteResult><Deleted><Key>a</Key></Deleted></DeleteResult>", True),
    "missing": (
        b"<DeleteResult><Error><Key>a</Key><Code>NoSuchKey</Code></Error></DeleteResult>", True
    ),
    "no answer": (b"", False),
    "a gateway's": (b"<html/>", False),
    "cut": (b"<DeleteResult><Error><Key>a</Key>", False),
    "another key": (
        b"<DeleteResult><Error><Key>x</Key><Code>NoSuchKey</Code></Error></DeleteResult>", False
    ),
    "no code": (b"<DeleteResult><Error><Key>a</Key></Error></DeleteResult>", False),
    "no key": (b"<DeleteResult><Error><Code>AccessDenied</Code></Error></DeleteResult>", False),
    "entities": (b"<!DOCTYPE a [<!ENTITY b 'c'>]><DeleteResult/>", False),
}  # fmt: skip


@pytest.mark.parametrize(("body", "is_good"), DELETED.values(), ids=DELETED)
def test_deletes_of_many(tiny: TinyS3, body: bytes, is_good: bool) -> None:
    tiny.answers.append(Answer(200, body=body))
    if is_good:
        assert tiny.backend().delete_many(["a", "b"]) == {"a": None, "b": None}
        return
    with pytest.raises(UnavailableError) as caught:
        tiny.backend().delete_many(["a", "b"])
    assert caught.value.outcome_unknown


def errors_of(**codes: str) -> Answer:
    errors = "".join(
        f"<Error><Key>{key}</Key><Code>{code}</Code></Error>" for key, code in codes.items()
    )
    return Answer(200, body=f"<DeleteResult>{errors}</DeleteResult>".encode())


def test_each_key_has_its_error(tiny: TinyS3) -> None:
    tiny.answers.append(errors_of(b="AccessDenied", c="SomethingNew"))
    found = tiny.backend().delete_many(["a", "b", "c"])
    assert found["a"] is None
    assert isinstance(found["b"], PermissionDeniedError)
    assert (found["b"].operation, found["b"].key) == ("delete_many", "b")
    assert found["c"] is not None
    assert found["c"].service_code == "SomethingNew"


def test_one_that_may_be_asked_again_is_raised(tiny: TinyS3) -> None:
    tiny.answers.append(errors_of(b="SlowDown"))
    with pytest.raises(ThrottledError):
        tiny.backend().delete_many(["a", "b"])


def test_a_thousand_at_a_time(tiny: TinyS3) -> None:
    tiny.answers.extend([Answer(200, body=b"<DeleteResult/>")] * 3)
    keys = [f"<&{number}>" for number in range(2001)]
    assert tiny.backend().delete_many(iter(keys)) == dict.fromkeys(keys)
    assert [asked.body.count(b"<Object>") for asked in tiny.requests] == [1000, 1000, 1]
    assert all("content-md5" in asked.headers for asked in tiny.requests)
    assert b"<Key>&lt;&amp;0&gt;</Key>" in tiny.requests[0].body


def test_the_bucket(tiny: TinyS3) -> None:
    backend = tiny.backend()
    for told, exists in (
        (None, True),
        (Answer(404, "NoSuchBucket"), False),
        (Answer(206, headers=GOOD, body=b"x"), True),
        (Answer(416, "InvalidRange"), True),
    ):
        tiny.answers.append(told)
        assert backend.container_exists() is exists
    tiny.answers.append(Answer(403, "AccessDenied"))
    with pytest.raises(PermissionDeniedError):
        backend.container_exists()


def test_the_bucket_is_made_where_it_belongs(tiny: TinyS3) -> None:
    missing = Answer(404, "NoSuchBucket")
    for region, constraint in (("us-east-1", b""), ("auto", b""), ("eu-west-1", b"eu-west-1")):
        tiny.requests.clear()
        tiny.answers.extend([missing, Answer(200)])
        assert tiny.backend(region=region).ensure_container() is True
        assert (tiny.requests[1].method, tiny.requests[1].path) == ("PUT", "/bucket/")
        assert constraint in tiny.requests[1].body
        assert bool(constraint) is (b"LocationConstraint" in tiny.requests[1].body)
    tiny.answers.extend([missing, Answer(409, "BucketAlreadyOwnedByYou")])
    assert tiny.backend().ensure_container() is False
    tiny.answers.extend([missing, Answer(409, "BucketAlreadyExists")])
    with pytest.raises(StorageError) as caught:
        tiny.backend().ensure_container()
    assert "somebody else" in caught.value.hint
    tiny.answers.extend([missing, Answer(403, "AccessDenied")])
    with pytest.raises(PermissionDeniedError):
        tiny.backend().ensure_container()
    tiny.answers.append(missing)
    with pytest.raises(ContainerNotFoundError):
        tiny.backend().put("k", b"")


def test_the_clock_of_the_store(tiny: TinyS3) -> None:
    tiny.answers.append(Answer(200))
    assert tiny.backend().now().isoformat() == "2026-11-29T10:00:00+00:00"
    tiny.answers.append(Answer(200, headers={"Date": "soon"}))
    with pytest.raises(UnavailableError):
        tiny.backend().now()


def test_a_delete_of_what_goes_meanwhile(tiny: TinyS3) -> None:
    """Of two that delete without a condition, both may be told that they did."""
    tiny.objects["k"] = b"1"
    backend = tiny.backend()
    tiny.answers.extend([None, Answer(204)])
    backend.delete("k")
    assert [asked.method for asked in tiny.requests] == ["HEAD", "DELETE"]
