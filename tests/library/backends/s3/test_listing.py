"""Listings as they arrive: whole, in pieces, and those that cannot be used."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ingenious_storage.backends.s3.listing import Listing, query_of
from ingenious_storage.errors import StorageError, UnavailableError
from tests.library.backends.s3.tiny_s3 import Answer, TinyS3

if TYPE_CHECKING:
    from ingenious_storage.backends.base import Page

HEAD = '<?xml version="1.0" encoding="UTF-8"?>\n'
NAMESPACE = ' xmlns="http://s3.amazonaws.com/doc/2006-03-01/"'
BLOB = (
    "<Contents><Key>{key}</Key><LastModified>2026-11-29T10:00:00.987Z</LastModified>"
    "<ETag>&quot;0cc1&quot;</ETag><Size>7</Size><StorageClass>{kind}</StorageClass>"
    "<Owner><ID>i</ID><DisplayName>n</DisplayName></Owner></Contents>"
)


def listing(
    *inner: str, encoding: str = "<EncodingType>url</EncodingType>", end: str = ""
) -> bytes:
    end = end or "<IsTruncated>false</IsTruncated>"
    parts = f"<Name>b</Name><Prefix></Prefix>{encoding}{''.join(inner)}{end}"
    return f"{HEAD}<ListBucketResult{NAMESPACE}>{parts}</ListBucketResult>".encode()


def blob(key: str = "k", kind: str = "STANDARD") -> str:
    return BLOB.format(key=key, kind=kind)


def read(text: bytes, step: int | None = None) -> Page:
    found = Listing()
    for start in range(0, len(text), step or len(text)):
        found.feed(text[start : start + (step or len(text))])
    return found.page()


FULL = listing(
    blob("a+b"),
    blob("100%25%2F%2Bx", "GLACIER"),
    blob("%E6%BC%A2&amp;", "GLACIER_IR"),
    "<CommonPrefixes><Prefix>p%2Fq/</Prefix></CommonPrefixes>",
    end="<IsTruncated>true</IsTruncated><NextContinuationToken>t&lt;=/+</NextContinuationToken>",
)


@pytest.mark.parametrize("step", [None, 1, 7, 64])
def test_a_page(step: int | None) -> None:
    page = read(FULL, step)
    assert [info.key for info in page.blobs] == ["a b", "100%/+x", "漢&"]
    assert [info.is_archived for info in page.blobs] == [False, True, False]
    first = page.blobs[0]
    assert (first.etag, first.size) == ('"0cc1"', 7)
    assert first.last_modified == datetime(2026, 11, 29, 10, tzinfo=UTC)
    assert page.prefixes == ("p/q/",)
    assert page.token == "t<=/+"


@pytest.mark.parametrize("encoding", ["", "<EncodingType></EncodingType>", "<EncodingType/>"])
def test_keys_that_are_not_encoded(encoding: str) -> None:
    [info] = read(listing(blob("100%25+x"), encoding=encoding)).blobs
    assert info.key == "100%25+x"


def test_services_that_indent_their_answers() -> None:
    text = FULL.decode().replace("><", ">\n    <").encode()
    assert read(text) == read(FULL)


def test_an_etag_without_quotes() -> None:
    [info] = read(listing(blob().replace("&quot;", ""))).blobs
    assert info.etag == '"0cc1"'


BOMB = "<!DOCTYPE x [<!ENTITY a 'aaaaaaaaaa'><!ENTITY b '&a;&a;&a;&a;&a;&a;&a;&a;'>]>"
UNUSABLE = {
    "empty": b"",
    "no XML": b"\xff\xfe\x00",
    "HTML": b"<html><body>Sign in</body></html>",
    "an error page": b"<Error><Code>AccessDenied</Code></Error>",
    "cut": FULL[:-30],
    "cut in a key": FULL[:240],
    "cut before the end": FULL.replace(b"</ListBucketResult>", b""),
    "two roots": FULL + FULL[len(HEAD) :],
    "entities": (HEAD + BOMB).encode() + listing(blob("&b;"))[len(HEAD) :],
    "an external entity": (HEAD + "<!DOCTYPE x SYSTEM 'file:///etc/passwd'>").encode()
    + listing()[len(HEAD) :],
    "an unknown entity": listing(blob("&unknown;")),
    "no key": listing(blob().replace("Key>", "Kez>")),
    "no ETag": listing(blob().replace("ETag>", "Etag>")),
    "an empty ETag": listing(blob().replace("&quot;0cc1&quot;", "")),
    "no size": listing(blob().replace("Size>", "Length>")),
    "a size in words": listing(blob().replace("<Size>7", "<Size>seven")),
    "no time": listing(blob().replace("LastModified>", "Modified>")),
    "a time that is none": listing(blob().replace("2026-11-29T", "29.11.2026 ")),
    "a key that is no UTF-8": listing(blob("%FF")),
    "a prefix without a name": listing("<CommonPrefixes></CommonPrefixes>"),
    "an unknown encoding": listing(encoding="<EncodingType>base64</EncodingType>"),
    "more, and no token": listing(end="<IsTruncated>true</IsTruncated>"),
    "more, and an empty token": listing(
        end="<IsTruncated>true</IsTruncated><NextContinuationToken/>"
    ),
    "perhaps more": listing(end="<IsTruncated>perhaps</IsTruncated>"),
    "nothing said of more": listing(end="<KeyCount>0</KeyCount>"),
    "deep": listing("<a>" * 50_000),
}


@pytest.mark.parametrize("text", UNUSABLE.values(), ids=UNUSABLE)
def test_what_cannot_be_used_is_an_error(tiny: TinyS3, text: bytes) -> None:
    tiny.answers.append(Answer(200, body=text))
    with pytest.raises(UnavailableError) as caught:
        tiny.backend().list()
    assert caught.value.retryable
    assert caught.value.operation == "list"
    assert not caught.value.outcome_unknown
    assert "passwd" not in str(caught.value)
    assert len(str(caught.value)) < 300


@settings(max_examples=300, deadline=None)
@given(
    st.integers(0, len(FULL) - 1),
    st.integers(0, 60),
    st.binary(max_size=12) | st.sampled_from([b"<", b"&", b"</Contents>", b"]]>", b"\x00"]),
)
def test_any_damage_is_an_error_or_a_page(start: int, length: int, piece: bytes) -> None:
    try:
        read(FULL[:start] + piece + FULL[start + length :])
    except (ValueError, KeyError):
        return


def test_a_listing_without_end_is_cut_off(tiny: TinyS3) -> None:
    tiny.answers.append(Answer(200, body=listing(*(blob("x" * 1000) for _ in range(16_000)))))
    with pytest.raises(StorageError) as caught:
        tiny.backend().list()
    assert not caught.value.outcome_unknown


def test_what_is_asked_for(tiny: TinyS3) -> None:
    assert query_of("", None, None, 5000)["max-keys"] == "1000"
    assert query_of("", None, None, 7)["max-keys"] == "7"
    tiny.answers.append(Answer(200, body=listing()))
    tiny.backend().list("a b/+ü&", delimiter="/", token="t<=/+&", limit=3)
    assert tiny.requests[0].path == "/bucket/"
    assert tiny.requests[0].query == (
        "list-type=2&encoding-type=url&max-keys=3&prefix=a%20b%2F%2B%C3%BC%26&delimiter=%2F"
        "&continuation-token=t%3C%3D%2F%2B%26"
    )
