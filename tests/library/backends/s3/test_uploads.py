"""Uploads in parts: what is sent, and what is left when something fails."""

from __future__ import annotations

import io
import threading
import time
from typing import TYPE_CHECKING
from urllib.parse import parse_qs

import pytest

from ingenious_storage.backends.base import IfAbsent, IfMatch, Properties, PutOptions
from ingenious_storage.backends.rest.calls import Call
from ingenious_storage.backends.rest.parts import PART_SIZE
from ingenious_storage.backends.s3.limits import MAX_PARTS
from ingenious_storage.backends.s3.uploads import part_size
from ingenious_storage.errors import (
    AlreadyExistsError,
    ConflictError,
    InvalidDataError,
    ObjectTooLargeError,
    StorageError,
    ThrottledError,
    UnavailableError,
)
from ingenious_storage.runtime import deadlines
from tests.library.backends.s3.tiny_s3 import Answer, Asked, TinyS3
from tests.support.polling import eventually

if TYPE_CHECKING:
    from collections.abc import Callable

BEGUN = Answer(200, body=b"<InitiateMultipartUploadResult><UploadId>u/1+&amp;</UploadId>"
               b"</InitiateMultipartUploadResult>")  # fmt: skip
DONE = Answer(200, body=b"<CompleteMultipartUploadResult><ETag>&quot;all-2&quot;</ETag>"
              b"</CompleteMultipartUploadResult>")  # fmt: skip
DATA = bytes(PART_SIZE) + b"the rest"


def script(tiny: TinyS3, **told: Answer) -> list[Asked]:
    """Have requests answered by what they ask for; the answer lists them."""
    usual = {"begin": BEGUN, "end": DONE, "abort": Answer(204), **told}

    def answer(asked: Asked) -> Answer:
        query = parse_qs(asked.query, keep_blank_values=True)
        tiny.requests.append(asked)
        if "uploads" in query:
            return usual["begin"]
        if "partNumber" in query:
            number = query["partNumber"][0]
            return usual.get(f"part{number}") or Answer(200, headers={"ETag": f'"{number}"'})
        return usual["abort" if asked.method == "DELETE" else "end"]

    tiny.answer = answer  # type: ignore[method-assign]
    return tiny.requests


def is_abandoned(requests: list[Asked]) -> bool:
    return requests[-1].method == "DELETE" and "uploadId=u%2F1%2B%26" in requests[-1].query


def test_parts_become_one_object(tiny: TinyS3) -> None:
    requests = script(tiny)
    options = PutOptions("text/x", Properties(cache_control="max-age=1", metadata={"A": "b"}))
    info = tiny.backend().upload("a b", io.BytesIO(DATA), options)
    assert (info.etag, info.size, info.content_type) == ('"all-2"', len(DATA), "text/x")
    first, *parts, last = requests
    assert first.headers["x-amz-meta-a"] == "b"
    assert first.headers["cache-control"] == "max-age=1"
    assert first.headers["content-type"] == "text/x"
    assert sorted(len(part.body) for part in parts) == [8, PART_SIZE]
    assert all("uploadId=u%2F1%2B%26" in asked.query for asked in (*parts, last))
    assert last.body.decode().endswith(
        '<Part><PartNumber>1</PartNumber><ETag>"1"</ETag></Part>'
        '<Part><PartNumber>2</PartNumber><ETag>"2"</ETag></Part></CompleteMultipartUpload>'
    )
    assert {asked.path for asked in requests} == {"/bucket/a%20b"}


def test_a_small_stream_is_one_put(tiny: TinyS3) -> None:
    for size in (0, 1, PART_SIZE - 1):
        tiny.requests.clear()
        assert tiny.backend().upload("k", io.BytesIO(bytes(size))).size == size
        assert [asked.method for asked in tiny.requests] == ["PUT"]


@pytest.mark.parametrize(
    ("condition", "header"), [(IfAbsent(), "if-none-match"), (IfMatch('"e"'), "if-match")]
)
def test_the_condition_is_that_of_the_last_request(
    tiny: TinyS3, condition: IfAbsent | IfMatch, header: str
) -> None:
    backend = tiny.backend()
    backend.put("other", b"", PutOptions(condition=IfAbsent()))
    tiny.requests.clear()
    requests = script(tiny)
    backend.upload("k", io.BytesIO(DATA), PutOptions(condition=condition))
    assert [header in asked.headers for asked in requests] == [False, False, False, True]


LOST = {
    "412": (Answer(412, "PreconditionFailed"), AlreadyExistsError, ConflictError),
    "in a 200": (Answer(200, "PreconditionFailed"), AlreadyExistsError, ConflictError),
    "404": (Answer(404, "NoSuchKey"), StorageError, ConflictError),
    "409": (Answer(409, "ConditionalRequestConflict"), ThrottledError, ThrottledError),
}


@pytest.mark.parametrize(("told", "absent", "match"), LOST.values(), ids=LOST)
def test_a_lost_condition_leaves_no_parts(
    tiny: TinyS3, told: Answer, absent: type[StorageError], match: type[StorageError]
) -> None:
    backend = tiny.backend()
    backend.put("other", b"", PutOptions(condition=IfAbsent()))
    requests = script(tiny, end=told)
    for condition, kind in ((IfAbsent(), absent), (IfMatch('"e"'), match)):
        with pytest.raises(kind) as caught:
            backend.upload("k", io.BytesIO(DATA), PutOptions(condition=condition))
        assert caught.value.key == "k"
        assert is_abandoned(requests)


BROKEN: dict[str, tuple[dict[str, Answer], bool]] = {
    "no begin": ({"begin": Answer(500, "InternalError")}, False),
    "a part": ({"part2": Answer(503, "SlowDown")}, True),
    "a part without an ETag": ({"part1": Answer(200)}, True),
    "an error in a 200": ({"end": Answer(200, "InternalError")}, True),
    "an unknown error in a 200": ({"end": Answer(200, "<Evil>")}, True),
    "an empty 200": ({"end": Answer(200)}, True),
    "a page of a gateway": ({"end": Answer(200, body=b"<html>ok</html>")}, True),
    "an end without an ETag": (
        {"end": Answer(200, body=b"<CompleteMultipartUploadResult/>")}, True
    ),
    "a cut end": ({"end": Answer(200, body=DONE.body[:40])}, True),
}  # fmt: skip


@pytest.mark.parametrize(("told", "leaves"), BROKEN.values(), ids=BROKEN)
def test_what_fails_is_an_error_and_leaves_no_parts(
    tiny: TinyS3, told: dict[str, Answer], leaves: bool
) -> None:
    requests = script(tiny, **told)
    with pytest.raises(StorageError) as caught:
        tiny.backend().upload("k", io.BytesIO(DATA))
    assert caught.value.retryable
    assert caught.value.operation == "upload"
    assert caught.value.outcome_unknown is ("end" in told)
    assert is_abandoned(requests) is leaves


def test_a_begin_without_a_name(tiny: TinyS3) -> None:
    requests = script(tiny, begin=Answer(200, body=b"<InitiateMultipartUploadResult/>"))
    with pytest.raises(UnavailableError):
        tiny.backend().upload("k", io.BytesIO(DATA))
    assert len(requests) == 1


def test_blanks_before_the_end_are_none_of_it(tiny: TinyS3) -> None:
    script(tiny, end=Answer(200, body=b" \n \n" + b'<?xml version="1.0"?>' + DONE.body))
    assert tiny.backend().upload("k", io.BytesIO(DATA)).etag == '"all-2"'


def test_an_abandoned_upload_that_cannot_be_swept_hides_nothing(tiny: TinyS3) -> None:
    script(tiny, part1=Answer(403, "AccessDenied"), abort=Answer(500, "InternalError"))
    with pytest.raises(StorageError) as caught:
        tiny.backend().upload("k", io.BytesIO(DATA))
    assert caught.value.service_code == "AccessDenied"


def test_what_the_stream_raises_passes(tiny: TinyS3) -> None:
    class Breaking(io.BytesIO):
        def read(self, size: int | None = -1) -> bytes:
            if self.tell() >= PART_SIZE:
                raise ZeroDivisionError
            return super().read(size)

    requests = script(tiny)
    with pytest.raises(ZeroDivisionError):
        tiny.backend().upload("k", Breaking(bytes(3 * PART_SIZE)))
    assert is_abandoned(requests)


def test_a_deadline_ends_it_and_the_parts_go_all_the_same(tiny: TinyS3) -> None:
    requests, over = script(tiny), threading.Event()
    usual = tiny.answer

    def slow(asked: Asked) -> Answer:
        if "partNumber" in asked.query:
            scope.expire()
            over.wait(60)
        return usual(asked)

    tiny.answer = slow  # type: ignore[method-assign]
    began = time.monotonic()
    with deadlines.opened() as scope, pytest.raises(UnavailableError):
        tiny.backend().upload("k", io.BytesIO(DATA))
    assert time.monotonic() - began < 30
    over.set()
    eventually(lambda: any(asked.method == "DELETE" for asked in requests), within=30)


class Long(io.RawIOBase):
    """A stream of so many bytes, which nobody reads."""

    def __init__(self, size: int, at: int = 0) -> None:
        self._size, self._at = size, at

    def seekable(self) -> bool:
        return True

    def tell(self) -> int:
        return self._at

    def seek(self, offset: int, whence: int = 0) -> int:
        self._at = offset + (self._size if whence == io.SEEK_END else 0)
        return self._at


@pytest.mark.parametrize(
    ("size", "at", "expected"),
    [
        (0, 0, PART_SIZE),
        (MAX_PARTS * PART_SIZE, 0, PART_SIZE),
        (MAX_PARTS * PART_SIZE + 1, 0, PART_SIZE + (1 << 20)),
        (MAX_PARTS * PART_SIZE + 1, 1, PART_SIZE),
        (5 << 40, 0, 525 << 20),
    ],
)
def test_parts_are_larger_where_there_would_be_too_many(size: int, at: int, expected: int) -> None:
    stream = Long(size, at)
    assert part_size(Call("upload", "k"), stream) == expected  # type: ignore[arg-type]
    assert stream.tell() == at


class Rewound(io.BytesIO):
    """A stream that can be rewound, as one that is hashed or encoded on its way."""

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        if offset or whence != io.SEEK_SET:
            raise io.UnsupportedOperation
        return super().seek(0)


def test_a_stream_that_can_only_be_rewound_has_usual_parts() -> None:
    assert part_size(Call("upload", "k"), Rewound(DATA)) == PART_SIZE


def test_a_stream_beyond_the_services_limit_is_refused_unread(tiny: TinyS3) -> None:
    with pytest.raises(ObjectTooLargeError) as caught:
        tiny.backend().upload("k", Long((5 << 40) + 1))  # type: ignore[arg-type]
    assert (caught.value.operation, caught.value.key) == ("upload", "k")
    assert tiny.requests == []


METADATA = {
    "a value": {"a": "ü"},
    "a line break": {"a": "1\r\nx: y"},
    "a name": {"a b": "1"},
    "too much": {"a": "x" * 2048},
}


@pytest.mark.parametrize("metadata", METADATA.values(), ids=METADATA)
def test_metadata_that_cannot_travel_is_refused_before_anything_does(
    tiny: TinyS3, metadata: dict[str, str]
) -> None:
    options = PutOptions(properties=Properties(metadata=metadata))
    backend = tiny.backend()
    calls: dict[str, Callable[[], object]] = {
        "put": lambda: backend.put("k", b"1", options),
        "upload": lambda: backend.upload("k", io.BytesIO(DATA), options),
    }
    for operation, call in calls.items():
        with pytest.raises(InvalidDataError) as caught:
            call()
        assert (caught.value.operation, caught.value.key) == (operation, "k")
    assert tiny.requests == []
